import { refused } from '../core/errors.ts';
import type { DatabaseIdentity, Whose } from '../database/whose.ts';
import { databaseOf, whoseBackup, type Backup } from './list.ts';

/** A backup that is named, and what it is named for: facts for questions and errors. */
export interface NamedBackup {
  readonly id: string;
  readonly whose: Whose;
  /** The database that the backup is of. */
  readonly of: DatabaseIdentity;
  /** The one that the settings name; undefined: none. */
  readonly live: DatabaseIdentity | undefined;
}

/** What is to be said of a backup, seen from the database of the settings. */
export const namedBackup = (backup: Backup, live: DatabaseIdentity | undefined): NamedBackup => ({
  id: backup.id,
  whose: whoseBackup(backup, live),
  of: databaseOf(backup),
  live,
});

/**
 * Refuses to rehearse on a backup of another database: the receipt speaks of the one that the settings name.
 *
 * @throws MajError `rehearsed-on-another`
 */
export function refuseOthersRehearsal(backup: Backup, live: DatabaseIdentity): void {
  const named = namedBackup(backup, live);
  if (named.whose !== 'own') throw refused('rehearsed-on-another', named);
}

/**
 * Refuses to put a backup of a database of another name into this one, unless that was asked for in words. One of this
 * name on another server is let through, to a question that says so: a server may have moved, a replica been promoted.
 *
 * @throws MajError `restore-of-another`
 */
export function refuseOthersRestore(named: NamedBackup, asked: boolean): void {
  if (named.whose === 'other-database' && !asked) throw refused('restore-of-another', named);
}
