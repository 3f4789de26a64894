import type { Stranger } from '../sql/server-version.ts';

/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
declare module '../core/errors.ts' {
  interface Failures {
    'database-unreachable': Failure<'usage', { address: string; reason: string }>;
    'database-lost': Failure<'refused', { address: string; reason: string }>;
    'database-access-denied': Failure<
      'usage',
      {
        user: string;
        address: string;
        withPassword: boolean;
        reason: string;
      }
    >;
    'database-missing': Failure<'usage', { database: string; address: string }>;
    'database-tls': Failure<'usage', { address: string; mode: string; reason: string }>;
    'database-unproven': Failure<
      'usage',
      {
        address: string;
        mode: string;
        reason: string;
        ca: string | undefined;
      }
    >;
    'database-password-kept': Failure<'usage', { address: string; asked: 'clear' | 'its-key' }>;
    'server-not-supported': Failure<'refused', { address: string; stranger: Stranger; version: string }>;
    'definition-hidden': Failure<'refused', { kind: string; name: string }>;
    'other-database': Failure<'refused', { backup: string; was: string; is: string }>;
  }
}
