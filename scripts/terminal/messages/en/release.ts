/** What release/ says, in English. */
export const release = {
  errors: {},
  steps: {},
  notes: {},
  results: {},
};
