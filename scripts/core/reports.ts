/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
declare module './errors.ts' {
  interface Failures {
    interrupted: Failure<'interrupted'>;
  }
}

declare module './events.ts' {
  interface Notes {
    'left-over': { path: string; reason: string };
  }
}

export {};
