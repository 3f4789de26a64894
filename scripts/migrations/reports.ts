/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { ScriptPlace } from '../sql/reports.ts';
import type { AdoptionProblem } from './adopt/plan.ts';
import type { Verdict } from './in-doubt/resolve-in-doubt.ts';
import type { PlanProblem } from './plan.ts';
import type { MigrationFailure } from './run/failure.ts';
import type { NameProblem } from './script-names.ts';

export type DoubtReason = Extract<Verdict, { outcome: 'unknown' }>['because'];

/** Where a script reaches beyond its database, and what it names there. */
type OutOfReach = ScriptPlace & { readonly named: string; readonly database: string };

declare module '../core/errors.ts' {
  interface Failures {
    'adopt-nothing': Failure<'refused', { looked: readonly string[] }>;
    'adopt-several': Failure<'refused', { tables: readonly string[] }>;
    'adopt-from': Failure<'refused', { table: string; why: 'missing' | 'ours' }>;
    'adopt-unknown': Failure<
      'refused',
      {
        table: string;
        columns: readonly string[];
        known: readonly string[];
        inTheWay: boolean;
      }
    >;
    'adopt-name-taken': Failure<'refused', { table: string; purpose: 'ledger' | 'backup' | 'draft' }>;
    'adopt-not-empty': Failure<'refused'>;
    'adopt-refused': Failure<'refused', { table: string; problems: readonly AdoptionProblem[] }>;
    'adopt-failed': Failure<'refused', { table: string; reason: string; lost: boolean }>;
    'adopt-moved': Failure<'refused', { table: string }>;
    'migration-other-database': Failure<'refused', OutOfReach>;
    'migration-drops-database': Failure<'refused', OutOfReach>;
    'migration-server-wide': Failure<'refused', OutOfReach>;
    'ledger-not-written': Failure<'refused', { table: string; reason: string; lost: boolean }>;
    'history-unknown': Failure<'refused', { database: string; tables: number }>;
    'migrations-foreign': Failure<'refused', { folder: string; files: readonly string[] }>;
    'migration-pattern-endless': Failure<'usage', { pattern: string }>;
    'baseline-version': Failure<'refused', { version: string; folder: string; versions: readonly string[] }>;
    'accept-version': Failure<'refused', { version: string; versions: readonly string[] }>;
    'accept-text': Failure<'refused', { version: string }>;
    'baseline-not-empty': Failure<'refused', { database: string }>;
    'migration-names': Failure<'refused', { problems: readonly NameProblem[]; pattern: string | undefined }>;
    'migration-versions': Failure<'refused', { files: readonly string[]; pattern: string | undefined }>;
    'migration-transaction-open': Failure<'refused', ScriptPlace>;
    'migration-needs-previous': Failure<'refused', ScriptPlace>;
    'migration-way-back': Failure<'refused', { file: string; section: string }>;
    'migration-exists': Failure<'refused', { path: string }>;
    'migration-name': Failure<'usage', { name: string }>;
    'migration-own-scheme': Failure<'refused', { folder: string; newest: string | undefined }>;
    'migrations-folder-missing': Failure<'usage', { places: readonly string[] }>;
    'migrations-of-another': Failure<
      'usage',
      {
        folder: string;
        path: string;
        stranger: 'owner' | 'writable' | 'group';
        owner: number;
        uid: number;
      }
    >;
    'migrations-refused': Failure<'refused', { problems: readonly PlanProblem[] }>;
    'migrate-to': Failure<'usage', { version: string; versions: readonly string[] }>;
    'migration-still-running': Failure<'locked', { connection: string; statement: string; seconds: number }>;
    'migration-doubt': Failure<
      'refused',
      {
        file: string;
        line: number;
        statement: number;
        of: number;
        because: DoubtReason;
      }
    >;
    'migration-doubt-edited': Failure<'refused', { file: string; statement: number }>;
    'migration-doubt-word': Failure<
      'refused',
      {
        asked: string;
        file: string;
        problem: 'other-script' | 'applied' | 'not-applied' | 'unknown';
      }
    >;
    'migration-unfinished': Failure<'unfinished', { problem: Extract<PlanProblem, { kind: 'unfinished' }> }>;
    'migrations-moved': Failure<'refused', { file: string }>;
    'migrations-locked': Failure<'locked', { database: string; connection: string }>;
    'migration-lock-failed': Failure<'refused', { name: string }>;
    'ledger-foreign': Failure<
      'refused',
      {
        table: string;
        columns: readonly string[];
        missing: readonly string[];
        engine: string;
      }
    >;
    'ledger-unreadable': Failure<
      'refused',
      { table: string; version: string; column: string; reason: string }
    >;
    'migration-failed': Failure<'refused' | 'notRolledBack', { failure: MigrationFailure }>;
  }
}

declare module '../core/events.ts' {
  interface Steps {
    'write-adoption': { database: string; table: string; scripts: number };
    'put-in-place': { database: string };
    'settle-doubt': { file: string };
    'wait-for-statement': { connection: string; statement: string };
    'write-baseline': { database: string; scripts: number };
    migrate: { file: string; statements: number };
  }

  interface Notes {
    'migration-empty': { file: string };
    'after-each-idle': { file: string };
    'migration-continued': { file: string; from: number; of: number };
  }
}
