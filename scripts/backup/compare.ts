import type { Context } from '../context.ts';
import type { Definers } from '../database/definers.ts';
import { findDumpClient } from '../database/dump-client.ts';
import { readInventory } from '../database/inventory.ts';
import { withSession } from '../database/session.ts';
import type { Target } from '../database/target.ts';
import { refused } from '../errors.ts';
import { compareDump } from './compare-dump.ts';
import { namesOfDifferences, type PartDifference } from './differences.ts';
import type { Backup } from './list.ts';

/** What of a database is not as in a backup. */
export interface DatabaseDifference {
  readonly differences: readonly PartDifference[];
  /** The database's own charset or collation. */
  readonly charset: boolean;
}

/** What differs, by object, such as `users (rows)`. */
export const differenceNames = ({ differences, charset }: DatabaseDifference): string[] => [
  ...(charset ? ['database (character set)'] : []),
  ...namesOfDifferences(differences),
];

/**
 * Compares a backup with a database as it is now: dumps it to hashes only, keeping nothing.
 *
 * @throws MajError `flavour-differs` when the server is not of the backup's kind
 */
export async function differencesFromBackup(
  context: Context,
  backup: Backup,
  target: Target,
  definers: Definers = 'keep',
): Promise<DatabaseDifference> {
  const { database } = backup.manifest;
  const now = await withSession(context, target, async (session) => {
    checkFlavour(backup, session.server);
    return readInventory(session, target.database);
  });
  const client = await findDumpClient(context, database.server.flavour);
  const { differences } = await compareDump(context, backup, client, target, { definers });
  const sameCharset = now.charset === database.charset && now.collation === database.collation;
  return { differences, charset: !sameCharset };
}

/**
 * The same, as names for people.
 *
 * @returns what differs, by object, such as `users (rows)`; empty when the database is what the backup holds
 */
export async function compareWithDatabase(
  context: Context,
  backup: Backup,
  target: Target,
): Promise<readonly string[]> {
  return differenceNames(await differencesFromBackup(context, backup, target));
}

/** Refuses a server of another kind than the backup's: its dump means something else there. */
export function checkFlavour(
  backup: Backup,
  server: { readonly flavour: string; readonly text: string },
): void {
  const source = backup.manifest.database.server;
  if (source.flavour !== server.flavour)
    throw refused('flavour-differs', { backup: backup.id, source: source.text, server: server.text });
}
