/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { Others } from '../database/other-connections.ts';
import type { FragileColumn } from '../dump/fragile-values.ts';
import type { Flavour } from '../sql/flavour.ts';
import type { Refusal } from './trial/refusals.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'restore-unfinished': Failure<
      'unfinished',
      {
        backup: string;
        since: string;
        database: string | undefined;
        command: string;
      }
    >;
    'restore-at-work': Failure<'locked', { backup: string; since: string; pid: number; host: string }>;
    'statement-failed': Failure<
      'refused',
      { part: string; line: number; object: string | null; reason: string }
    >;
    'restore-not-opened': Failure<
      'notRolledBack',
      { backup: string; reason: string; again: string; managed: boolean }
    >;
    'proof-failed': Failure<
      'unsound',
      {
        id: string;
        server: string;
        differences: readonly string[];
        diffs: readonly string[];
        fragile: readonly FragileColumn[];
      }
    >;
    'name-case-differs': Failure<'refused', { backup: string; names: readonly string[]; server: string }>;
    'flavour-differs': Failure<'refused', { backup: string; source: string; server: string }>;
    'definers-not-allowed': Failure<
      'refused',
      {
        user: string;
        definers: readonly string[];
        flavour: Flavour;
        absent: boolean;
        wayBack: boolean;
      }
    >;
    'restore-not-granted': Failure<
      'refused',
      {
        backup: string;
        database: string;
        grantee: string;
        missing: readonly string[];
        wayBack: boolean;
      }
    >;
    'restore-not-taken': Failure<
      'refused',
      {
        backup: string;
        database: string;
        grantee: string;
        flavour: Flavour;
        wayBack: boolean;
        refusals: readonly Refusal[];
      }
    >;
    'restore-failed': Failure<
      'notRolledBack',
      {
        id: string;
        database: string;
        reason: string;
        again: string;
        changed: boolean;
        others: Others | undefined;
      }
    >;
    'server-older': Failure<'refused', { backup: string; source: string; server: string }>;
    'tables-not-in-backup': Failure<
      'refused',
      {
        id: string;
        unknown: readonly string[];
        known: readonly string[];
      }
    >;
    'database-not-empty': Failure<'refused', { database: string }>;
    'into-denied': Failure<'refused', { database: string; grantee: string }>;
    'still-written': Failure<
      'refused',
      {
        database: string;
        tables: readonly string[];
        others: Others | undefined;
      }
    >;
    'restore-differs': Failure<
      'notRolledBack',
      {
        id: string;
        database: string;
        differences: readonly string[];
        diffs: readonly string[];
        again: string;
        others: Others | undefined;
      }
    >;
    'no-files-in-backup': Failure<'refused', { id: string }>;
    'ours-within-app': Failure<'refused', { folder: string }>;
    'files-differ': Failure<'unsound', { id: string; problems: readonly string[] }>;
    'load-settings': Failure<
      'refused',
      {
        user: string;
        flavour: Flavour;
        settings: readonly { readonly name: string; readonly value: string }[];
      }
    >;
  }
}

declare module '../core/events.ts' {
  interface Steps {
    'load-backup': { id: string; server: string };
    'compare-database': { id: string; database: string };
    'try-restore': { id: string };
    'restore-files': { folder: string };
  }

  interface Notes {
    'definers-absent': { definers: readonly string[] };
    'names-database': { database: string; objects: readonly string[] };
    'restore-everything': { reason: string };
    'events-ended': { database: string; events: readonly string[] };
    'load-again': { tables: readonly string[] };
    'restore-without-maintenance': NoFacts;
  }
}
