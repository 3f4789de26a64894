/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
declare module '../core/errors.ts' {
  interface Failures {
    'zstd-missing': Failure<'refused', { path: string }>;
  }
}

export {};
