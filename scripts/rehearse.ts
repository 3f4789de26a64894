import { findBackup } from './backup/list.ts';
import { migrationsFolder } from './migrations/places.ts';
import { rehearse } from './rehearsal/rehearse.ts';
import { refuseUnfinished } from './upgrade/unfinished.ts';
import { withLock } from './upgrade/lock.ts';
import type { Verb } from './verb.ts';

/** `maj rehearse`: backup, proof and dry run together; leaves the receipt that the gate and the upgrade ask for. */
export const rehearseVerb: Verb<'backup'> = {
  name: 'rehearse',
  summary: 'Takes a backup, proves that it can be restored, and runs the pending migrations on the copy.',
  usage: ['rehearse', 'rehearse --backup BACKUP'],
  options: {
    backup: { type: 'string', value: 'BACKUP', help: 'Rehearse on this backup instead of taking a new one.' },
  },
  needsSettings: true,
  run: (context, args) =>
    withLock(context, 'rehearse', async () => {
      await refuseUnfinished(context);
      const folder = await migrationsFolder(context);
      const { backup: id } = args.options;
      const given = typeof id === 'string' ? await findBackup(context, id) : undefined;
      const { receipt, backup, dryRun } = await rehearse(context, folder, given);
      return {
        data: receipt,
        text: ({ results }) =>
          results.upgrade.rehearsed({
            backup: backup.id,
            backupBytes: backup.manifest.dumpBytes,
            proofMs: receipt.durationMs.proof,
            backupMs: receipt.durationMs.backup,
            dryRun,
            receipt: receipt.id,
          }),
      };
    }),
};
