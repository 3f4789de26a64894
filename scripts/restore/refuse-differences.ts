import type { Backup } from '../backup/list.ts';
import { notRolledBack } from '../core/errors.ts';
import type { Others } from '../database/others.ts';
import type { Target } from '../database/session/target.ts';
import { differenceNames, type DatabaseDifference } from './compare.ts';
import { structureDiffs } from './differences.ts';

/**
 * Nothing may differ from the backup once it was loaded.
 *
 * @param again the command that loads it anew
 * @param findOthers who else is in the database; asked where something differs
 * @throws MajError `restore-differs` (exit code 11)
 */
export async function refuseDifferences(
  backup: Backup,
  target: Target,
  found: DatabaseDifference,
  again: string,
  findOthers?: () => Promise<Others | undefined>,
): Promise<void> {
  const differences = differenceNames(found);
  if (differences.length === 0) return;
  const diffs = structureDiffs(found.differences);
  const others = await findOthers?.();
  const facts = { id: backup.id, database: target.database, differences, diffs, again, others };
  throw notRolledBack('restore-differs', facts);
}
