import { checkServices } from './application/services.ts';
import { filesSince } from './backup/files-since.ts';
import { findBackup, listOwnBackups, namedBackup, refuseOthersRestore } from './backup/find.ts';
import type { Backup } from './backup/list.ts';
import { verifyBackup } from './backup/verify.ts';
import type { Verb, VerbArguments, VerbResult } from './cli/verb.ts';
import { applicationDir } from './config/required-settings.ts';
import { stopIfInterrupted, warn, type Context } from './core/context.ts';
import { reasonOf, refused, wrongUsage } from './core/errors.ts';
import { compareVersions, isSameVersion, isVersion } from './core/versions.ts';
import type { Definers } from './database/definition-texts.ts';
import { liveDatabase, liveServer } from './database/identity.ts';
import { targetFromConfig } from './database/session/target.ts';
import { findDumpClient } from './dump/client/clients.ts';
import { endOrphans } from './migrations/in-doubt/orphan.ts';
import { installedVersion } from './release/version.ts';
import { checkRestorable } from './restore/check-restorable.ts';
import { onlyTables } from './restore/load/plan.ts';
import {
  applyRestore,
  learnRestore,
  refuseUnknownTables,
  restoreFacts,
  type RestoreWork,
} from './restore/restore-database.ts';
import { checkReplaceable, restoreFiles } from './restore/restore-files.ts';
import { restoreInto } from './restore/restore-into.ts';
import { refuseNarrower, restoreCommand, type RestoreScope } from './restore/restore-mark.ts';
import { inRestoreWindow } from './restore/restore-window.ts';
import { tryRestore } from './restore/trial/trial.ts';
import { withLock } from './upgrade/lock.ts';
import { refuseUnfinished } from './upgrade/recovery/unfinished.ts';

type Option = 'database-only' | 'files-only' | 'tables' | 'into' | 'definers' | 'of-another' | 'plan';

/** `maj restore`: puts a backup back, database and files; compared with the backup before it says so. */
export const restoreVerb: Verb<Option> = {
  name: 'restore',
  usage: [
    'restore [BACKUP]',
    'restore [BACKUP] --database-only|--files-only',
    'restore [BACKUP] --tables users,teams',
    'restore [BACKUP] --into NAME',
    'restore [BACKUP] --plan',
  ],
  options: {
    'database-only': { type: 'boolean', help: 'Leave the application’s files as they are.' },
    'files-only': { type: 'boolean', help: 'Leave the database as it is.' },
    tables: { type: 'string', value: 'NAMES', help: 'Put back these tables only, separated by commas.' },
    into: { type: 'string', value: 'NAME', help: 'Load into another database, which must be new or empty.' },
    definers: {
      type: 'string',
      value: 'keep|current',
      help: 'Whom views, routines, triggers and events run as afterwards.',
    },
    'of-another': { type: 'boolean', help: 'Also a backup of a database of another name.' },
    plan: { type: 'boolean', help: 'Verify the backup, say what would be replaced, and change nothing.' },
  },
  needsSettings: true,
  run: (context, args) => withLock(context, 'restore', () => restore(context, args)),
};

async function restore(context: Context, args: VerbArguments<Option>): Promise<VerbResult> {
  const installed = context.config.APP_DIR === undefined ? null : await installedVersion(context);
  const { backup, database, into, tables, definers, folder } = await requestOf(context, args, installed);
  const named = namedBackup(backup, await liveDatabase(context));
  if (into === undefined) {
    refuseOthersRestore(named, args.options['of-another'] === true);
    if (named.whose === 'other-server') warn(context, 'other-server-backup', named);
  }
  // Loading into another database changes nothing that an unfinished run has left.
  if (into === undefined) await refuseUnfinished(context, { restoring: true });
  const target = database ? targetFromConfig(context) : undefined;
  const scope: RestoreScope = {
    database: target === undefined ? 'none' : tables === undefined ? 'whole' : [...tables],
    files: folder !== undefined,
    definers,
    ...(named.whose === 'other-database' ? { ofAnother: true } : {}),
  };
  const begun = {
    backup: backup.id,
    scope,
    ...(target === undefined ? {} : { database: target.database }),
  };
  if (into === undefined && args.options.plan !== true) await refuseNarrower(context, begun);
  if (into === undefined) await checkServices(context);
  if (folder !== undefined) await checkReplaceable(context);
  const names = {
    id: backup.id,
    backup: named,
    database: target?.database ?? null,
    into: into ?? null,
    folder: folder ?? null,
    version: backup.manifest.appVersion,
    installed,
  };
  if (into === undefined && isOtherVersion(backup, installed))
    warn(context, 'restore-other-version', { ...names, whole: scope.database === 'whole' && scope.files });
  if (target !== undefined) {
    // What a restore makes is compared by the dump program: to miss that in the window would be too late.
    await findDumpClient(context, (await liveServer(context)).flavour);
    await checkRestorable(context, backup, target, definers);
  }
  refuseUnknownTables(backup, tables);
  await verifyBackup(context, backup, { trustProof: true });
  const again = restoreCommand(backup.id, scope);
  const restoring = { ...(tables === undefined ? {} : { tables }), definers, again };
  const learn = async (): Promise<RestoreWork | null> =>
    target === undefined ? null : learnRestore(context, backup, target, restoring);
  const written = folder === undefined ? [] : await filesSinceOrTell(context, backup);
  const toFacts = (work: RestoreWork | null) => (work === null ? null : restoreFacts(work, tables));
  if (args.options.plan === true) {
    const facts = { ...names, written, work: toFacts(await learn()) };
    return { data: facts, text: ({ results }) => results.backup.restorePlan(facts) };
  }
  const restored = (replaced: string | null, work: RestoreWork | null): VerbResult => {
    const facts = { ...names, replaced, work: toFacts(work) };
    return { data: facts, text: ({ results }) => results.backup.restored(facts) };
  };
  if (into !== undefined) {
    await restoreInto(context, backup, { ...targetFromConfig(context), database: into }, definers);
    return restored(null, null);
  }
  if (written !== null && written.length > 0) warn(context, 'files-replaced', { id: backup.id, written });
  const asked = { ...names, written, tables: tables === undefined ? null : [...tables] };
  await args.confirm(({ results }) => results.backup.restoreQuestion(asked));
  if (target !== undefined) {
    // What a dead run has left at work is ended, and tables are tried, only once that is wanted.
    await endOrphans(context, target);
    await tryRestore(context, backup, target, {
      definers,
      ...(tables === undefined ? {} : { selection: onlyTables(tables) }),
    });
  }
  return inRestoreWindow(context, begun, async ({ begins, closeAgain }) => {
    // Files first: unpacking them can fail without a change.
    const replaced = folder === undefined ? null : await restoreFiles(context, backup, begins);
    if (folder !== undefined) await closeAgain();
    const work = await learn();
    begins();
    if (target !== undefined && work !== null) await applyRestore(context, backup, target, work, restoring);
    return restored(replaced, work);
  });
}

const isOtherVersion = ({ manifest }: Backup, installed: string | null): boolean =>
  manifest.appVersion !== null && installed !== null && !isSameVersion(manifest.appVersion, installed);

/**
 * Refuses to take the newest backup, for want of a name, where it is of a newer version than the one that is installed: after
 * an upgrade was gone back from it is of the version that nobody wants any more. That of an older one undoes an upgrade.
 *
 * @throws MajError `restore-which`
 */
async function refuseNewerVersion(context: Context, newest: Backup, installed: string | null): Promise<void> {
  const { appVersion: version } = newest.manifest;
  const areKnown = version !== null && isVersion(version) && installed !== null && isVersion(installed);
  if (!areKnown || compareVersions(version, installed) <= 0) return;
  const own = (await listOwnBackups(context)).find((backup) => !isOtherVersion(backup, installed));
  throw refused('restore-which', { id: newest.id, version, installed, own: own?.id });
}

/** What cannot be looked at must not stand in the way of a restore: then it is said that nobody knows. */
async function filesSinceOrTell(context: Context, backup: Backup): Promise<readonly string[] | null> {
  try {
    return await filesSince(context, backup, 'goes');
  } catch (error) {
    stopIfInterrupted(context);
    warn(context, 'files-not-known', { id: backup.id, reason: reasonOf(error) });
    return null;
  }
}

/** What of a backup goes where. */
async function requestOf(
  context: Context,
  { positionals, options }: VerbArguments<Option>,
  installed: string | null,
) {
  const wrong = (reason: string): Error => wrongUsage('bad-usage', { verb: 'restore', reason });
  const { 'database-only': databaseOnly, 'files-only': filesOnly, tables, into, definers = 'keep' } = options;
  if (positionals.length > 1) throw wrong('it takes one backup');
  if (databaseOnly === true && filesOnly === true)
    throw wrong('--database-only and --files-only exclude each other');
  if (filesOnly === true && (tables !== undefined || into !== undefined || options.definers !== undefined))
    throw wrong('--tables, --into and --definers are for the database, --files-only leaves it is');
  if (tables !== undefined && into !== undefined)
    throw wrong('--into takes the whole backup, without --tables');
  if (definers !== 'keep' && definers !== 'current') throw wrong('--definers is keep or current');
  const runAs: Definers = definers;
  const names = typeof tables === 'string' ? tables.split(',').map((name) => name.trim()) : undefined;
  if (names?.includes('') === true || into === '') throw wrong('a name is empty');
  const [named] = positionals;
  const backup = await findBackup(context, named);
  if (named === undefined && into === undefined) await refuseNewerVersion(context, backup, installed);
  const whole = databaseOnly !== true && names === undefined && into === undefined;
  const wantsFiles = whole && (filesOnly === true || backup.manifest.files !== null);
  return {
    backup,
    database: filesOnly !== true && into === undefined,
    tables: names === undefined ? undefined : new Set(names),
    into: typeof into === 'string' ? into : undefined,
    definers: runAs,
    /** Where the files go; undefined when there are none to put back. */
    folder: wantsFiles ? applicationDir(context) : undefined,
  };
}
