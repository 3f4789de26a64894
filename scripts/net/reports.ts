/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
declare module '../core/errors.ts' {
  interface Failures {
    'download-failed': Failure<'refused', { url: string; reason: string; tries: number }>;
    'download-too-slow': Failure<'refused', { url: string; totalMs: number }>;
    'download-too-large': Failure<'refused', { url: string; bytes: number }>;
    'download-not-found': Failure<'refused', { url: string }>;
    'download-refused': Failure<'refused', { url: string; status: number }>;
    'download-tls': Failure<'refused', { url: string; reason: string }>;
    'download-redirect': Failure<'refused', { reason: string }>;
    'download-insecure': Failure<'refused', { url: string }>;
    'download-inward': Failure<'refused', { url: string; to: string }>;
  }
}

declare module '../core/events.ts' {
  interface Notes {
    'download-again': { url: string; reason: string; waitMs: number };
  }
}

export {};
