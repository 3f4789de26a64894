import { relative } from 'node:path';
import { findBackup } from './backup/find.ts';
import type { Verb, VerbResult } from './cli/verb.ts';
import { applicationDir } from './config/required-settings.ts';
import type { Context } from './core/context.ts';
import { wrongUsage } from './core/errors.ts';
import { refuseForeignMigrations } from './migrations/folder.ts';
import { migrationsFolder } from './migrations/scripts-folder.ts';
import { rehearse, type Rehearsal } from './rehearsal/rehearse.ts';
import { withLock } from './upgrade/lock.ts';
import { refuseUnfinished } from './upgrade/recovery/unfinished.ts';
import { rehearsePackage, type PackageRehearsal } from './upgrade/rehearse-package.ts';

/** `maj rehearse`: backup, proof and dry run together; leaves the receipt that the gate and the upgrade ask for. */
export const rehearseVerb: Verb<'backup' | 'reinstall' | 'allow-downgrade'> = {
  name: 'rehearse',
  summary:
    'Takes a backup, proves that it can be restored, and runs the pending migrations on the copy: those of the project, or of a package.',
  usage: ['rehearse', 'rehearse VERSION|FILE|COMMIT', 'rehearse --backup BACKUP'],
  options: {
    backup: { type: 'string', value: 'BACKUP', help: 'Rehearse on this backup instead of taking a new one.' },
    reinstall: { type: 'boolean', help: 'With a package: also when this version is installed already.' },
    'allow-downgrade': {
      type: 'boolean',
      help: 'With a package: also an older version, if the database holds no migration that it does not know.',
    },
  },
  needsSettings: true,
  run(context, { positionals, options }) {
    const [wanted, ...more] = positionals;
    const { backup: id } = options;
    const allow = { reinstall: options.reinstall === true, downgrade: options['allow-downgrade'] === true };
    const wrong = (reason: string): Error => wrongUsage('bad-usage', { verb: 'rehearse', reason });
    if (more.length > 0) throw wrong('it takes one VERSION, FILE or COMMIT');
    if (wanted === undefined && (allow.reinstall || allow.downgrade))
      throw wrong('--reinstall and --allow-downgrade are for a VERSION, FILE or COMMIT');
    return withLock(context, 'rehearse', async () => {
      await refuseUnfinished(context);
      const given = typeof id === 'string' ? await findBackup(context, id) : undefined;
      if (wanted !== undefined)
        return rehearsed(context, await rehearsePackage(context, wanted, { given, allow }), wanted);
      const folder = await migrationsFolder(context);
      if (!isInApplication(context, folder)) await refuseForeignMigrations(folder);
      return rehearsed(context, await rehearse(context, folder, given));
    });
  },
};

/** What the installed application has there is its own business: it may change its tables itself. */
const isInApplication = (context: Context, folder: string): boolean =>
  context.config.APP_DIR !== undefined && !relative(applicationDir(context), folder).startsWith('..');

function rehearsed(
  context: Context,
  { receipt, backup, dryRun, ...rest }: Rehearsal | PackageRehearsal,
  wanted?: string,
): VerbResult {
  const upgrade =
    'package' in rest && wanted !== undefined
      ? { wanted, version: rest.package.version, withinMs: context.config.BACKUP_MAX_AGE }
      : undefined;
  return {
    data: { ...receipt, ...rest },
    text: ({ results }) =>
      results.upgrade.rehearsed({
        backup: backup.id,
        backupBytes: backup.manifest.dumpBytes,
        proofMs: receipt.durationMs.proof,
        backupMs: receipt.durationMs.backup,
        dryRun,
        receipt: receipt.id,
        upgrade,
      }),
  };
}
