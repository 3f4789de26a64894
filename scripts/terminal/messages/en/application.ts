/** What application/ says, in English. */
export const application = {
  errors: {},
  steps: {},
  notes: {},
  results: {},
};
