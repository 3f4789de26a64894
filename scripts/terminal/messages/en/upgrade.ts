/** What upgrade/ says, in English. */
export const upgrade = {
  errors: {},
  steps: {},
  notes: {},
  results: {},
};
