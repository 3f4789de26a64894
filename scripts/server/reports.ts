/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { Flavour } from '../sql/flavour.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'server-programs-missing': Failure<
      'usage',
      {
        flavour: Flavour | undefined;
        folder: string | undefined;
        found: readonly string[];
      }
    >;
    'install-db-missing': Failure<'usage', { server: string }>;
    'cache-not-private': Failure<'refused', { path: string }>;
    'throwaway-failed': Failure<'refused', { server: string; doing: 'set-up' | 'start'; words: string }>;
    'throwaway-user': Failure<'refused', { closed?: string }>;
  }
}

declare module '../core/events.ts' {
  interface Steps {
    'start-throwaway': { server: string };
  }
}
