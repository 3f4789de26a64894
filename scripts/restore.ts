import { findBackup, type Backup } from './backup/list.ts';
import { checkRestorable, restoreDatabase } from './backup/restore-database.ts';
import { underRestoreMark } from './backup/restore-mark.ts';
import { restoreFiles } from './backup/restore-files.ts';
import { verifyBackup } from './backup/verify.ts';
import { applicationDir } from './config/require.ts';
import type { Context } from './context.ts';
import { targetFromConfig, type Target } from './database/target.ts';
import { wrongUsage } from './errors.ts';
import { withLock } from './upgrade/lock.ts';
import { refuseUnfinished } from './upgrade/unfinished.ts';
import type { Verb, VerbArguments, VerbResult } from './verb.ts';

type Option = 'database-only' | 'files-only' | 'plan';

/** `maj restore`: puts a backup back, database and files; compared with the backup before it says so. */
export const restoreVerb: Verb<Option> = {
  name: 'restore',
  summary: 'Puts a backup back: the newest one, or the one that is named.',
  usage: ['restore [BACKUP]', 'restore [BACKUP] --database-only|--files-only', 'restore [BACKUP] --plan'],
  options: {
    'database-only': { type: 'boolean', help: 'Leave the application’s files as they are.' },
    'files-only': { type: 'boolean', help: 'Leave the database as it is.' },
    plan: { type: 'boolean', help: 'Verify the backup, say what would be replaced, and change nothing.' },
  },
  needsSettings: true,
  run: (context, args) => withLock(context, 'restore', () => restore(context, args)),
};

async function restore(context: Context, args: VerbArguments<Option>): Promise<VerbResult> {
  await refuseUnfinished(context, { restoring: true });
  const { positionals, options } = args;
  if (positionals.length > 1)
    throw wrongUsage('bad-usage', { verb: 'restore', reason: 'it takes one backup' });
  if (options['database-only'] === true && options['files-only'] === true)
    throw wrongUsage('bad-usage', {
      verb: 'restore',
      reason: '--database-only and --files-only exclude each other',
    });
  const backup = await findBackup(context, positionals[0]);
  const target = options['files-only'] === true ? undefined : targetFromConfig(context);
  const folder =
    options['database-only'] === true
      ? undefined
      : filesFolder(context, backup, options['files-only'] === true);
  const facts = { id: backup.id, database: target?.database ?? null, folder: folder ?? null };
  if (target !== undefined) await checkRestorable(context, backup, target);
  await verifyBackup(context, backup);
  if (options.plan === true) return { data: facts, text: ({ results }) => results.backup.restorePlan(facts) };
  await args.confirm(({ results }) => results.backup.restoreQuestion(facts));
  return underRestoreMark(context, backup.id, () => put(context, backup, target, folder));
}

/** Where the files go; undefined when there are none to put back and none were asked for. */
function filesFolder(context: Context, backup: Backup, asked: boolean): string | undefined {
  return backup.manifest.files === null && !asked ? undefined : applicationDir(context);
}

/** Files first: unpacking them can fail without a change, while a database is changed from the first moment on. */
async function put(
  context: Context,
  backup: Backup,
  target: Target | undefined,
  folder: string | undefined,
): Promise<VerbResult> {
  const replaced = folder === undefined ? null : await restoreFiles(context, backup);
  if (target !== undefined) await restoreDatabase(context, backup, target);
  const facts = { id: backup.id, database: target?.database ?? null, folder: folder ?? null, replaced };
  return { data: facts, text: ({ results }) => results.backup.restored(facts) };
}
