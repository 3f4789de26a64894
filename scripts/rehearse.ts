import { relative } from 'node:path';
import { findBackup } from './backup/find.ts';
import type { Verb, VerbResult } from './cli/verb.ts';
import { applicationDir } from './config/required-settings.ts';
import type { Context } from './core/context.ts';
import { wrongUsage } from './core/errors.ts';
import { rehearseCommit } from './gate/rehearse-commit.ts';
import { resolveCommit } from './gate/repository.ts';
import { refuseForeignMigrations } from './migrations/folder.ts';
import { migrationsFolder } from './migrations/scripts-folder.ts';
import { publishing, publishReceipt } from './rehearsal/publish-receipt.ts';
import { remoteOfReceipts } from './rehearsal/published.ts';
import { rehearse, type Rehearsal } from './rehearsal/rehearse.ts';
import { withLock } from './upgrade/lock.ts';
import { refuseUnfinished } from './upgrade/recovery/unfinished.ts';
import { rehearsePackage, type PackageRehearsal } from './upgrade/rehearse-package.ts';

/** `maj rehearse`: backup, proof and dry run together; leaves the receipt that the gate and the upgrade ask for. */
export const rehearseVerb: Verb<
  'backup' | 'commit' | 'reinstall' | 'allow-downgrade' | 'publish' | 'remote' | 'receipt'
> = {
  name: 'rehearse',
  usage: [
    'rehearse',
    'rehearse --commit COMMIT',
    'rehearse VERSION|FILE|COMMIT',
    'rehearse --backup BACKUP',
    'rehearse --publish [--receipt RECEIPT]',
  ],
  options: {
    backup: { type: 'string', value: 'BACKUP', help: 'Rehearse on this backup instead of taking a new one.' },
    commit: {
      type: 'string',
      value: 'COMMIT',
      help: 'Rehearse the migrations of this commit (a hash, a branch, a tag) as the gate reads them, whatever the working tree holds.',
    },
    reinstall: { type: 'boolean', help: 'With a package: also when this version is installed already.' },
    'allow-downgrade': {
      type: 'boolean',
      help: 'With a package: also an older version, if the database holds no migration that it does not know.',
    },
    publish: {
      type: 'boolean',
      help: 'Puts the signed receipt on the remote, where gates of other machines find it (GATE_SIGNING_KEY).',
    },
    remote: {
      type: 'string',
      value: 'NAME',
      help: 'With --publish: on this remote; else on the one of DEPLOY_REMOTES, or origin.',
    },
    receipt: {
      type: 'string',
      value: 'RECEIPT',
      help: 'With --publish: this receipt, which is here already. Nothing is rehearsed.',
    },
  },
  needsSettings: true,
  run(context, { positionals, options }) {
    const [wanted, ...more] = positionals;
    const { backup: id, commit: name } = options;
    const allow = { reinstall: options.reinstall === true, downgrade: options['allow-downgrade'] === true };
    const wrong = (reason: string): Error => wrongUsage('bad-usage', { verb: 'rehearse', reason });
    if (more.length > 0) throw wrong('it takes one VERSION, FILE or COMMIT');
    if (wanted === undefined && (allow.reinstall || allow.downgrade))
      throw wrong('--reinstall and --allow-downgrade are for a VERSION, FILE or COMMIT');
    if (wanted !== undefined && name !== undefined)
      throw wrong(
        '--commit is for the migrations of this repository, and goes without VERSION, FILE or COMMIT',
      );
    const { receipt, remote } = options;
    if (options.publish !== true && (receipt ?? remote) !== undefined)
      throw wrong('--remote and --receipt are for --publish');
    if (typeof receipt === 'string' && (id ?? wanted ?? name) !== undefined)
      throw wrong('with --receipt nothing is rehearsed');
    const to = typeof remote === 'string' ? remote : remoteOfReceipts(context.config);
    const kept = async <R extends Rehearsal>(rehearsing: () => Promise<R>): Promise<R & Published> =>
      options.publish === true
        ? { ...(await publishing(context, to, rehearsing)), published: to }
        : rehearsing();
    return withLock(context, 'rehearse', async () => {
      if (typeof receipt === 'string') {
        await publishReceipt(context, receipt, to);
        const data = { receipt, remote: to };
        return { data, text: ({ results }) => results.upgrade.published(data) };
      }
      await refuseUnfinished(context);
      const given = typeof id === 'string' ? await findBackup(context, id) : undefined;
      if (wanted !== undefined)
        return rehearsed(
          context,
          await kept(() => rehearsePackage(context, wanted, { given, allow })),
          wanted,
        );
      if (typeof name === 'string') {
        const commit = await resolveCommit(context, name);
        const places = { repository: context, records: context };
        return rehearsed(context, await kept(() => rehearseCommit(places, commit, given)));
      }
      const folder = await migrationsFolder(context);
      if (!isInApplication(context, folder)) await refuseForeignMigrations(folder);
      return rehearsed(context, await kept(() => rehearse(context, folder, given)));
    });
  },
};

/** What the installed application has there is its own business: it may change its tables itself. */
const isInApplication = (context: Context, folder: string): boolean =>
  context.config.APP_DIR !== undefined && !relative(applicationDir(context), folder).startsWith('..');

/** The remote that a receipt was published on. */
interface Published {
  readonly published?: string;
}

function rehearsed(
  context: Context,
  { receipt, backup, dryRun, ...rest }: (Rehearsal | PackageRehearsal) & Published,
  wanted?: string,
): VerbResult {
  const upgrade =
    'package' in rest && wanted !== undefined
      ? { wanted, version: rest.package.version, withinMs: context.config.BACKUP_MAX_AGE }
      : undefined;
  return {
    data: { ...receipt, ...rest },
    text: ({ results }) => [
      ...results.upgrade.rehearsed({
        backup: backup.id,
        backupBytes: backup.manifest.dumpBytes,
        proofMs: receipt.durationMs.proof,
        backupMs: receipt.durationMs.backup,
        dryRun,
        receipt: receipt.id,
        upgrade,
      }),
      ...(rest.published === undefined
        ? []
        : results.upgrade.published({ receipt: receipt.id, remote: rest.published })),
    ],
  };
}
