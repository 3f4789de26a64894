/** What database/ says, in English. */
export const database = {
  errors: {},
  steps: {},
  notes: {},
  results: {},
};
