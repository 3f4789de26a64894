import { join } from 'node:path';
import { backupsOf, databaseOf, listBackups, whoseBackup, type Backup } from './backup/list.ts';
import type { Verb } from './cli/verb.ts';
import { backupsDir } from './config/required-settings.ts';
import type { Context } from './core/context.ts';
import { wrongUsage } from './core/errors.ts';
import { liveDatabase } from './database/identity.ts';
import { diskUsage, otherFolders } from './retention/disk-usage.ts';
import {
  keepersOf,
  sortOutWhole,
  trashedBackups,
  trashFolder,
  type ExpiryFacts,
} from './retention/expire.ts';
import { freeBytes } from './system/files.ts';
import { expiryFacts, readStates } from './upgrade/needed-backups.ts';

/** `maj backups`: what there is, what it takes on disk, and what keeps it. */
export const backupsVerb: Verb<never> = {
  name: 'backups',
  usage: ['backups'],
  options: {},
  needsSettings: true,
  async run(context, { positionals }) {
    if (positionals.length > 0)
      throw wrongUsage('bad-usage', { verb: 'backups', reason: 'it takes no arguments' });
    const facts = await survey(context);
    return { data: facts, text: ({ results }) => results.retention.backups(facts) };
  },
};

/** Everything in the folder of the backups, with the disk space of each; a file with two names counts once in the sum. */
async function survey(context: Context) {
  const folder = backupsDir(context);
  const trash = trashFolder(folder);
  // What is damaged has a line of its own here, and needs no warning.
  const { whole, broken } = await sortOutWhole(await listBackups({ ...context, report: () => undefined }));
  const live = await liveDatabase(context);
  const expiry = await expiryFacts(context, backupsOf(live, whole), await readStates(context));
  const keepers = keepersOf(expiry);
  const counted = new Set<string>();
  const backups = [];
  for (const backup of whole) {
    const { name, address } = databaseOf(backup);
    const facts = {
      ...aboutBackup(backup, expiry),
      database: { name, address },
      whose: whoseBackup(backup, live),
      keepers: keepers.get(backup.id) ?? [],
    };
    backups.push({ ...facts, ...(await diskUsage(backup.folder, counted)) });
  }
  const others = [];
  const brokenOnes = broken.map(({ id }) => ({ id, what: 'broken' as const }));
  for (const other of [...brokenOnes, ...(await otherFolders(folder))])
    others.push({ ...other, ...(await diskUsage(join(folder, other.id), counted)) });
  const trashed = [];
  for (const id of await trashedBackups(folder))
    trashed.push({ id, ...(await diskUsage(join(trash, id), counted)) });
  const bytes = [...backups, ...others, ...trashed].reduce((sum, { once }) => sum + once, 0);
  const { days, least } = expiry;
  return { folder, trash, days, least, backups, others, trashed, bytes, free: await freeBytes(folder) };
}

const aboutBackup = ({ id, manifest, proof }: Backup, { now }: ExpiryFacts) => ({
  id,
  version: manifest.appVersion,
  createdAt: manifest.createdAt,
  ageMs: now.getTime() - Date.parse(manifest.createdAt),
  proven: proof !== null,
});
