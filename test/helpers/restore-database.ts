import type { Backup } from '../../scripts/backup/list.ts';
import type { Context } from '../../scripts/core/context.ts';
import type { Target } from '../../scripts/database/session/target.ts';
import { checkRestorable } from '../../scripts/restore/check-restorable.ts';
import {
  applyRestore,
  learnRestore,
  type RestoreOptions,
  type RestoreWork,
} from '../../scripts/restore/restore-database.ts';

/** Puts a database back, as `maj restore --database-only` does, and tells what it had to do. */
export async function restoreDatabase(
  context: Context,
  backup: Backup,
  target: Target,
  options: RestoreOptions = {},
): Promise<RestoreWork> {
  await checkRestorable(context, backup, target, options.definers ?? 'keep');
  const work = await learnRestore(context, backup, target, options);
  await applyRestore(context, backup, target, work, options);
  return work;
}
