/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { DatabaseIdentity } from '../database/same-database.ts';
import type { OutsideLink } from './files/outside-links.ts';
import type { NamedBackup } from './find.ts';
import type { ZonedColumn } from './plan-backup.ts';
import type { Problem } from './verify-parts.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'dump-incomplete': Failure<'refused', { client: string }>;
    'objects-missing': Failure<'refused', { objects: readonly string[] }>;
    'disk-filled': Failure<'refused', { path: string }>;
    'app-dir-missing': Failure<'usage', { folder: string }>;
    'app-dir-is-ours': Failure<'usage', { folder: string }>;
    'no-backup': Failure<
      'refused',
      { folder: string; database: DatabaseIdentity | undefined; others: number }
    >;
    'rehearsed-on-another': Failure<'refused', NamedBackup>;
    'restore-of-another': Failure<'refused', NamedBackup>;
    'backup-not-found': Failure<'refused', { path: string; incomplete: boolean; known: readonly string[] }>;
    'manifest-invalid': Failure<'unsound', { path: string }>;
    'backup-unsound': Failure<'unsound', { id: string; problems: readonly Problem[] }>;
    'rows-missing': Failure<
      'refused',
      {
        tables: readonly { readonly table: string; readonly dumped: number; readonly counted: number }[];
      }
    >;
    'disk-full': Failure<'refused', { path: string; needed: string; free: string }>;
  }
}

declare module '../core/events.ts' {
  interface Steps {
    'dump-database': { database: string };
    'archive-files': { folder: string };
    'archive-ahead': { folder: string };
    'archive-late': { folder: string };
    'verify-backup': { id: string };
    'compare-files': { backup: string };
  }

  interface Notes {
    'partial-removed': { path: string };
    'no-files-to-archive': NoFacts;
    'left-out': { path: string };
    'not-archived': { path: string };
    'setuid-dropped': { paths: readonly string[] };
    'changed-type': { path: string };
    'links-lead-out': { links: readonly OutsideLink[]; count: number };
    'changed-while-read': { path: string };
    'read-again': { path: string };
    'earlier-damaged': { path: string; id: string };
    'manifest-damaged': { path: string };
    'zoned-by-hand': { columns: readonly ZonedColumn[]; timeZone: string };
    'zoned-otherwise': { columns: readonly ZonedColumn[]; timeZone: string };
  }
}
