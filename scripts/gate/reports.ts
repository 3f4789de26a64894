/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
declare module '../core/errors.ts' {
  interface Failures {
    'gate-git': Failure<'refused', { command: string; output: string }>;
  }
}

export {};
