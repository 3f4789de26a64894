/** What backup/ says, in English. */
export const backup = {
  errors: {},
  steps: {},
  notes: {},
  results: {},
};
