/** What migrations/ says, in English. */
export const migrations = {
  errors: {},
  steps: {},
  notes: {},
  results: {},
};
