import { inStep, note, type Context } from '../../context.ts';
import { dropObjects, referredTables } from '../../database/clear.ts';
import { withSession } from '../../database/session.ts';
import type { Target } from '../../database/target.ts';
import type { Definers } from '../definers.ts';
import type { PartDifference } from '../differences.ts';
import type { Backup } from '../list.ts';
import { loadBackup, type Loaded } from './load-backup.ts';

/**
 * Loads tables again, by their INSERTs, that were loaded by LOAD DATA and then found to differ.
 *
 * @returns whether there was any: then it is to be compared again
 */
export async function loadAgain(
  context: Context,
  backup: Backup,
  target: Target,
  loaded: Loaded,
  differences: readonly PartDifference[],
  definers: Definers = 'keep',
): Promise<boolean> {
  const tables = new Set(
    differences
      .filter(({ id }) => id.kind === 'table' && loaded.fastTables.has(id.object ?? ''))
      .map(({ id }) => id.object ?? ''),
  );
  if (tables.size === 0) return false;
  note(context, 'load-again', { tables: [...tables] });
  const none = new Set<string>();
  const referredTo = await withSession(context, target, async (session) => {
    await dropObjects(session, target.database, { tables, sequences: none, triggersOf: none, code: false });
    return referredTables(session, target.database, tables);
  });
  const selection = { tables, sequences: none, triggersOf: none, code: false };
  const facts = { id: backup.id, server: backup.manifest.database.server.text };
  await inStep(context, 'load-backup', facts, (progress) =>
    loadBackup(context, backup, target, progress, { selection, referredTo, definers, insertsOnly: true }),
  );
  return true;
}
