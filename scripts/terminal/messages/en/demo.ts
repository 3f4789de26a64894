/** What demo/ says, in English. */
export const demo = {
  errors: {},
  steps: {},
  notes: {},
  results: {},
};
