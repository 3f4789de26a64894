import { takeBackup } from './backup/take.ts';
import type { Verb } from './cli/verb.ts';
import { wrongUsage } from './core/errors.ts';
import { withLock } from './upgrade/lock.ts';
import { refuseUnfinished } from './upgrade/recovery/unfinished.ts';

/** `maj backup`: database and files into one folder, complete or not there at all. */
export const backupVerb: Verb<'database-only'> = {
  name: 'backup',
  usage: ['backup', 'backup --database-only'],
  options: { 'database-only': { type: 'boolean', help: 'Leave the application’s files out.' } },
  needsSettings: true,
  async run(context, args) {
    if (args.positionals.length > 0)
      throw wrongUsage('bad-usage', { verb: 'backup', reason: 'it takes no arguments' });
    const databaseOnly = args.options['database-only'] === true;
    const { id, folder, manifest } = await withLock(context, 'backup', async () => {
      // A backup of a half-way state would be the newest one, and `maj restore` would go back to it.
      await refuseUnfinished(context);
      return takeBackup(context, { databaseOnly });
    });
    const { parts, files, dumpBytes, durationMs } = manifest;
    const storedParts = parts.reduce((sum, part) => sum + part.storedBytes, 0);
    const facts = {
      id,
      folder,
      storedBytes: storedParts + (files?.archive.storedBytes ?? 0),
      dumpBytes,
      parts: parts.length,
      files: files?.count ?? null,
      durationMs,
    };
    return { data: facts, text: ({ results }) => results.backup.taken(facts) };
  },
};
