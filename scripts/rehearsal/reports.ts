/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { MigrationFailure } from '../migrations/run/failure.ts';
import type { MetRows } from './fewer-rows.ts';
import type { ServerSetting } from './production-settings.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'dry-run-failed': Failure<
      'refused',
      {
        failure: MigrationFailure;
        outside: readonly string[];
        nothingApplied: boolean;
      }
    >;
    'dry-run-privilege': Failure<'refused', { failure: MigrationFailure; database: string; lacking: string }>;
    'dry-run-denied': Failure<'refused', { failure: MigrationFailure; onLive: boolean | undefined }>;
    'signing-key': Failure<'refused', { path: string; why: string }>;
    'signing-key-foreign': Failure<'refused', { path: string; key: string; file: string; why: string }>;
    'receipt-damaged': Failure<'unsound', { id: string }>;
    'receipt-not-published': Failure<'refused', { id: string | undefined; remote: string; output: string }>;
    'receipt-not-found': Failure<'refused', { id: string }>;
    'dry-run-outside': Failure<'refused', { file: string; line: number; statement: number }>;
  }
}

declare module '../core/events.ts' {
  interface Notes {
    'receipt-not-signed': { id: string; reason: string };
    'failure-not-published': { id: string; reason: string };
    'dry-run-unlike-live': { sqlMode: string | undefined };
    'dry-run-settings': { settings: readonly ServerSetting[] };
    'rehearsed-on-less': { now: MetRows; before: MetRows };
    'server-differs': { live: string; rehearsed: string };
  }
}
