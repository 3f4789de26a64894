import { namesOf, readLockedAccounts } from './application/accounts.ts';
import { commandUser } from './application/commands.ts';
import { auditFiles } from './application/file-permissions.ts';
import { healthStrength } from './application/health.ts';
import { maintenanceState } from './application/maintenance.ts';
import { checkServices, serviceSettings } from './application/services.ts';
import { backupsOf, databaseOf, listBackups } from './backup/list.ts';
import type { Verb } from './cli/verb.ts';
import { applicationDir, backupsDir } from './config/required-settings.ts';
import type { Context } from './core/context.ts';
import { MajError } from './core/errors.ts';
import { exitCodes, type ExitCode } from './core/exit-codes.ts';
import { liveDatabase, liveServer } from './database/identity.ts';
import { describeError, type Messages } from './messages/catalogue.ts';
import { en } from './messages/en/index.ts';
import type { StatusTroubles } from './messages/en/status.ts';
import { errorOfProblems } from './migrations/plan.ts';
import { readPlan } from './migrations/read-plan.ts';
import { installedList } from './release/installed.ts';
import { requireInstalled } from './release/places.ts';
import { checkInstalledVersion, installedVersion } from './release/version.ts';
import { freeBytes } from './system/files.ts';
import { checkPrograms } from './upgrade/preconditions.ts';
import { refuseLeftOver } from './upgrade/recovery/unfinished.ts';

/** What could be learned of a part of the system, or the error that stood in the way. */
type Learned<T> = { readonly value: T } | { readonly error: MajError };

async function learn<T>(work: () => Promise<T>): Promise<Learned<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof MajError) return { error };
    throw error;
  }
}

const valueOf = <T>(learned: Learned<T>): T | undefined => ('value' in learned ? learned.value : undefined);
const errorOf = <T>(learned: Learned<T>): MajError | undefined =>
  'error' in learned ? learned.error : undefined;

type ErrorOf<K> = K extends `${infer Part}Error` ? Part : never;

/** What stood in the way, and what to do about each; the names of the messages are those that programs know. */
function troubles(
  errors: Readonly<Record<'unfinished' | ErrorOf<keyof StatusTroubles>, MajError | undefined>>,
  messages: Messages,
): StatusTroubles {
  const text = (error: MajError | undefined): string | undefined =>
    error && describeError(error, messages).message;
  // What is left unfinished comes first: until it is ended, the commands that mend scripts and releases are refused.
  const shown =
    errors.unfinished === undefined ? errors : { ...errors, migrations: undefined, version: undefined };
  const remedies = Object.values(shown).flatMap((error) =>
    error === undefined ? [] : [describeError(error, messages).hint],
  );
  return {
    applicationError: text(errors.application),
    versionError: text(errors.version),
    maintenanceError: text(errors.maintenance),
    databaseError: text(errors.database),
    programsError: text(errors.programs),
    migrationsError: text(errors.migrations),
    permissionsError: text(errors.permissions),
    servicesError: text(errors.services),
    commandsError: text(errors.commands),
    unfinished: text(errors.unfinished),
    // One trouble, such as a server that does not answer, may stand in the way of several things.
    remedies: [...new Set(remedies)],
  };
}

/** What is pending, and why `maj migrate` would not run it. */
async function readPending(context: Context): Promise<{ files: string[]; problem: MajError | undefined }> {
  const { plan } = await readPlan(context, { use: 'read' });
  return { files: plan.pending.map(({ file }) => file), problem: errorOfProblems(plan.problems) };
}

async function isReleaseKnown(context: Context, version: string): Promise<'known' | 'unknown'> {
  return (await installedList(context, version)) === undefined ? 'unknown' : 'known';
}

/** `maj status`: everything that can be learned without changing anything; what cannot be is said in its place. */
export const statusVerb: Verb<never> = {
  name: 'status',
  usage: ['status'],
  options: {},
  needsSettings: true,
  async run(context) {
    const { APP_DIR } = context.config;
    const ofApplication = <T, U>(otherwise: U, work: () => Promise<T>): Promise<Learned<T | U>> =>
      learn<T | U>(() => (APP_DIR === undefined ? Promise.resolve(otherwise) : work()));
    const server = await learn(() => liveServer(context));
    const found = valueOf(server);
    const programs = await learn(() =>
      found === undefined ? Promise.resolve() : checkPrograms(context, found),
    );
    const pending = await learn(() => readPending(context));
    const application = await ofApplication(undefined, () => requireInstalled(context));
    const all = await listBackups(context);
    const backups = backupsOf(await liveDatabase(context), all);
    const newest = backups[0];
    const left = errorOf(await learn(() => refuseLeftOver(context)));
    const version = await ofApplication(null, () => installedVersion(context));
    const installed = valueOf(version) ?? null;
    const release = await learn(() =>
      installed === null ? Promise.resolve(undefined) : isReleaseKnown(context, installed),
    );
    const told = await ofApplication(undefined, () => checkInstalledVersion(context));
    const maintenance = await ofApplication('unmanaged', () => maintenanceState(context));
    const permissions = await ofApplication(undefined, () => auditFiles(context));
    const services = await learn(async () => {
      await checkServices(context);
      return serviceSettings(context.config);
    });
    const locked = await readLockedAccounts(context);
    const commands = await ofApplication(undefined, () => commandUser(context));
    const runner = valueOf(commands);
    const facts = {
      version: installed,
      release: valueOf(release),
      application: APP_DIR === undefined ? undefined : applicationDir(context),
      maintenance: valueOf(maintenance),
      server: found?.text,
      pending: valueOf(pending)?.files,
      health: healthStrength(context.config),
      permissions: valueOf(permissions),
      services: valueOf(services) ?? [],
      locked: locked && { since: locked.since, names: namesOf(locked) },
      commands: runner === undefined ? undefined : { user: runner.account.name, by: runner.by },
      backup:
        newest === undefined
          ? undefined
          : {
              id: newest.id,
              database: { name: databaseOf(newest).name, address: databaseOf(newest).address },
              ageMs: context.clock.now().getTime() - Date.parse(newest.manifest.createdAt),
              proven: newest.proof !== null,
            },
      backups: backups.length,
      otherBackups: all.length - backups.length,
      free: await freeBytes(backupsDir(context)),
      backupDir: backupsDir(context),
    };
    const errors = {
      unfinished: left,
      application: errorOf(application),
      version: errorOf(told) ?? errorOf(release),
      maintenance: errorOf(maintenance),
      database: errorOf(server),
      programs: errorOf(programs),
      migrations: errorOf(pending) ?? valueOf(pending)?.problem,
      permissions: errorOf(permissions),
      services: errorOf(services),
      commands: errorOf(commands),
    };
    const worst = left ?? errors.database ?? errors.application ?? errors.programs ?? errors.maintenance;
    const exitCode: ExitCode = worst?.exitCode ?? exitCodes.done;
    return {
      data: { ...facts, ...troubles(errors, en) },
      text: (messages) => messages.results.upgrade.status({ ...facts, ...troubles(errors, messages) }),
      exitCode,
    };
  },
};
