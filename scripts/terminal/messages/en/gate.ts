/** What gate/ says, in English. */
export const gate = {
  errors: {},
  steps: {},
  notes: {},
  results: {},
};
