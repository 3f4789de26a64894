/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { Others } from '../database/other-connections.ts';
import type { Flavour } from '../sql/flavour.ts';
import type { DumpSetting } from './client/dump.ts';
import type { FragileColumn } from './fragile-values.ts';
import type { TableToLock } from './preflight.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'codec-missing': Failure<'refused', { codec: string }>;
    'stored-unreadable': Failure<'unsound', { path: string; reason: string }>;
    'row-too-long': Failure<'refused', { table: string; most: number }>;
    'schema-changed': Failure<'refused', { database: string; others?: Others | undefined }>;
    'clients-missing': Failure<
      'usage',
      {
        flavour: Flavour;
        folder: string | undefined;
        missing: string;
        found: readonly string[];
        through: boolean;
      }
    >;
    'client-command-failed': Failure<
      'usage',
      {
        command: string;
        flavour: Flavour;
        program: string;
        found: readonly string[];
        words: string;
      }
    >;
    'dump-failed': Failure<'refused', { program: string; exit: string; output: string }>;
    'client-flavour': Failure<'usage', { program: string; client: Flavour; server: string }>;
    'privileges-missing': Failure<'refused', { user: string; database: string; missing: readonly string[] }>;
    'tables-unreadable': Failure<'refused', { tables: readonly string[] }>;
    'outside-snapshot': Failure<
      'refused',
      { tables: readonly TableToLock[]; database: string; user: string }
    >;
    'tables-not-locked': Failure<
      'refused',
      {
        tables: readonly TableToLock[];
        waited: number | undefined;
        others: readonly string[];
        reason: string;
      }
    >;
    'dump-held-up': Failure<'refused', { tables: readonly TableToLock[] }>;
    'table-locks-lost': Failure<'refused', { tables: readonly TableToLock[]; reason: string }>;
    'name-not-dumpable': Failure<'refused', { database: string; program: string }>;
    'history-not-dumped': Failure<'refused', { tables: readonly string[]; program: string }>;
    'dump-settings': Failure<'refused', { program: string; user: string; settings: readonly DumpSetting[] }>;
    'views-broken': Failure<'refused', { views: readonly string[] }>;
    'routines-hidden': Failure<'refused', { routines: readonly string[]; flavour: Flavour }>;
    'events-unending': Failure<'refused', { events: readonly string[] }>;
    'programs-garbled': Failure<'refused', { programs: readonly string[] }>;
  }
}

declare module '../core/events.ts' {
  interface Notes {
    'client-older': { program: string; version: string; server: string };
    'floats-rounded': { columns: readonly FragileColumn[] };
    'tables-locked': { tables: readonly TableToLock[] };
  }
}
