import type { Backup } from '../../backup/list.ts';
import { inStep, note, type Context } from '../../core/context.ts';
import { withSession } from '../../database/session/session.ts';
import type { Target } from '../../database/session/target.ts';
import type { PartDifference } from '../differences.ts';
import { loadBackup, type LoadOptions, type Loaded } from './load-backup.ts';
import { onlyTables } from './plan.ts';

/**
 * Loads a backup, or some of it, and compares; tables that LOAD DATA filled with something else are loaded again by
 * their INSERTs, and all is compared again.
 *
 * @returns the last comparison
 * @throws MajError what `loadBackup` throws
 */
export async function loadAndCompare<C extends { readonly differences: readonly PartDifference[] }>(
  context: Context,
  backup: Backup,
  target: Target,
  options: LoadOptions,
  compare: () => Promise<C>,
): Promise<C> {
  const loaded = await loadInStep(context, backup, target, options);
  const compared = await compare();
  const again = await loadAgain(context, backup, target, loaded, compared.differences, options);
  return again ? compare() : compared;
}

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
  options: LoadOptions = {},
): Promise<boolean> {
  const tables = new Set(
    differences
      .filter(({ id }) => id.kind === 'table' && loaded.fastTables.has(id.object ?? ''))
      .map(({ id }) => id.object ?? ''),
  );
  if (tables.size === 0) return false;
  note(context, 'load-again', { tables: [...tables] });
  const selection = onlyTables(tables);
  const replacing = { going: selection };
  await loadInStep(context, backup, target, { ...options, selection, replacing, insertsOnly: true });
  return true;
}

async function loadInStep(
  context: Context,
  backup: Backup,
  target: Target,
  options: LoadOptions,
): Promise<Loaded> {
  const server = await withSession(context, target, (session) => Promise.resolve(session.server.text));
  return inStep(context, 'load-backup', { id: backup.id, server }, (progress) =>
    loadBackup(context, backup, target, progress, options),
  );
}
