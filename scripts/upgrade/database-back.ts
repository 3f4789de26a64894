import { restoreNeedsDefiners } from '../backup/definers-needed.ts';
import { databaseOf, findBackup, type Backup } from '../backup/list.ts';
import { checkRestorable } from '../backup/restorable.ts';
import { applyRestore, isDone, learnRestore } from '../backup/restore-database.ts';
import { verifyBackup } from '../backup/verify.ts';
import { inStep, note, type Context } from '../context.ts';
import { targetFromConfig, type Target } from '../database/target.ts';
import { whose } from '../database/whose.ts';
import { refused } from '../errors.ts';
import { endOrphans } from '../migrations/end-orphan.ts';

/**
 * Brings the live database back to a backup. One that is as it was is left alone, and what was restored is compared by
 * the restore. May be called again when it was cut off.
 *
 * @throws MajError `other-database` before anything is looked at; what the restore throws
 */
export async function bringDatabaseBack(context: Context, id: string): Promise<void> {
  const target = targetFromConfig(context);
  const backup = await findBackup(context, id);
  refuseOtherDatabase(backup, target);
  await endOrphans(context, target);
  const work = await inStep(context, 'prove-equal', {}, () => learnRestore(context, backup, target));
  if (isDone(work)) {
    note(context, 'database-unchanged', {});
    return;
  }
  // The restore begins by dropping what differs: not for a backup that cannot be read any more.
  const definers = restoreNeedsDefiners(work, backup.manifest) ? 'keep' : 'current';
  await checkRestorable(context, backup, target, definers);
  await verifyBackup(context, backup, { trustProof: true });
  await applyRestore(context, backup, target, work);
}

/**
 * Refuses to put a backup into another database than it was taken of: what is there is somebody else's.
 *
 * @throws MajError `other-database`
 */
export function refuseOtherDatabase(backup: Backup, { database }: Target): void {
  if (whose(databaseOf(backup), { name: database }) === 'other-database')
    throw refused('other-database', { backup: backup.id, was: backup.manifest.database.name, is: database });
}
