/** What demo/ says, in English. */
export const demo = {
  errors: {
    'install-failed': (facts: { packages: readonly string[]; output: string }) => ({
      message: `apt-get could not install ${facts.packages.join(' and ')}: ${facts.output}`,
      hint: `Install them by hand: sudo apt-get update && sudo apt-get install ${facts.packages.join(' ')}`,
    }),
    'demo-failed': (facts: { expected: string; seen: string }) => ({
      message: `The demonstration expected ${facts.expected}, but saw: ${facts.seen}`,
      hint: 'Run `make test`, which tells more.',
      state: 'Everything that the demonstration had started is gone again.',
    }),
  },
  steps: {
    'install-server': (facts: { packages: readonly string[] }) =>
      `install ${facts.packages.join(' and ')} (programs only, no service)`,
  },
  notes: {},
  results: {},
};
