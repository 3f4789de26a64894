import { duration } from '../../format.ts';

/** What demo/ says, in English. */
export const demo = {
  errors: {
    'demo-needs-clone': () => ({
      message: 'The example application is not here: it is part of the repository, not of the package.',
      hint: 'Clone the repository of maj-kit, and run `make demo` there.',
    }),
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
      `Install ${facts.packages.join(' and ')} (programs only, no service)`,
  },
  notes: {
    'demo-title': (facts: { title: string }) => `\n=== ${facts.title} ===`,
    'demo-command': (facts: { command: string }) => `$ ${facts.command}`,
    'demo-output': (facts: { line: string }) => `    ${facts.line}`,
    'demo-observed': (facts: { what: string }) => `seen: ${facts.what}`,
  },
  results: {
    done: (facts: { server: string; durationMs: number }) =>
      `Everything was seen, on ${facts.server}, in ${duration(facts.durationMs)}; nothing is left behind.`,
  },
};
