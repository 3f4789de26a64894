import type { CommandUser } from '../../application/command-user.ts';
import type { FileReport, ProblemPaths } from '../../application/file-permissions.ts';
import type { HealthStrength } from '../../application/health.ts';
import { age, bytes, counted, databaseText, nameList, oneLine } from '../../core/format.ts';
import type { DatabaseIdentity } from '../../database/same-database.ts';

/** What could not be learned, and what to do about it. */
export interface StatusTroubles {
  readonly applicationError: string | undefined;
  readonly versionError: string | undefined;
  readonly maintenanceError: string | undefined;
  readonly databaseError: string | undefined;
  readonly programsError: string | undefined;
  readonly migrationsError: string | undefined;
  readonly permissionsError: string | undefined;
  readonly servicesError: string | undefined;
  readonly commandsError: string | undefined;
  readonly unfinished: string | undefined;
  readonly remedies: readonly string[];
}

/** What `maj status` tells. */
interface StatusFacts extends StatusTroubles {
  readonly version: string | null;
  /** Whether it is known what the installed release consists of; undefined where no release is told. */
  readonly release: 'known' | 'unknown' | undefined;
  readonly application: string | undefined;
  readonly maintenance: string | undefined;
  readonly server: string | undefined;
  readonly backup: { id: string; database: DatabaseIdentity; ageMs: number; proven: boolean } | undefined;
  readonly backups: number;
  readonly otherBackups: number;
  readonly pending: readonly string[] | undefined;
  readonly health: HealthStrength;
  readonly permissions: FileReport | undefined;
  /** The settings by which services are stopped. */
  readonly services: readonly string[];
  /** The database accounts that an upgrade or a restore has locked, and not unlocked again. */
  readonly locked: { readonly since: string; readonly names: readonly string[] } | undefined;
  readonly commands: { readonly user: string; readonly by: CommandUser['by'] } | undefined;
  readonly free: number;
  readonly backupDir: string;
}

const healthTexts: Readonly<Record<HealthStrength, string>> = {
  'not-set': 'not checked: set APP_HEALTH_URL, or nothing tells whether an upgraded application works',
  weak: 'weak: only the status of the page counts, and many applications answer 200 with an error page; set APP_HEALTH_TEXT',
  'no-version':
    'page and text, but not the version: with {version} in APP_HEALTH_TEXT an old page from a cache does not pass for the new one',
  whole: 'page, text and version',
};

const commandsTexts: Readonly<Record<CommandUser['by'], string>> = {
  own: 'the user that runs maj',
  'app-user': 'APP_USER',
  owner: 'the owner of the application',
  'as-root': 'APP_COMMANDS_AS_ROOT: whoever can write to the application becomes root',
};

/** Lines under a name that stands before the first of them. */
const underName = (name: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, index) => `${(index === 0 ? name : '').padEnd(12)} ${line}`);

function applicationText({ application, applicationError, version }: StatusFacts): string {
  if (application === undefined) return 'APP_DIR is not set';
  return applicationError ?? `${application}, version ${version ?? 'unknown'}`;
}

const releaseUnknown =
  'maj does not know what is part of it and what is yours: an upgrade keeps everything that the new release does not bring, and asks first. `maj adopt-release` compares it with its package.';

/** What is pending, and what stands in the way of it. */
function migrationLines({ pending, migrationsError }: StatusFacts): readonly string[] {
  if (pending === undefined) return [migrationsError ?? 'unknown'];
  const count = `${pending.length} pending: ${nameList(pending)}`;
  return [
    ...(migrationsError?.split('\n') ?? []),
    ...(pending.length > 0 ? [count] : migrationsError === undefined ? ['none pending'] : []),
  ];
}

/** What `maj status` says, in English. */
export function statusLines(facts: StatusFacts): readonly string[] {
  return [
    `application  ${applicationText(facts)}`,
    ...(facts.versionError === undefined ? [] : [`version      ${facts.versionError}`]),
    ...(facts.release === 'unknown' ? [`release      ${releaseUnknown}`] : []),
    `maintenance  ${facts.maintenance ?? facts.maintenanceError ?? 'unknown'}`,
    `health       ${healthTexts[facts.health]}`,
    ...underName(
      'permissions',
      facts.permissions === undefined
        ? [facts.permissionsError ?? 'unknown']
        : permissionLines(facts.permissions),
    ),
    ...underName('files', facts.permissions === undefined ? [] : fileLines(facts.permissions)),
    ...underName(
      'services',
      facts.servicesError !== undefined
        ? [facts.servicesError]
        : facts.services.length === 0
          ? []
          : [`an upgrade and a restore stop them, and start them again (${facts.services.join(', ')})`],
    ),
    ...(facts.locked === undefined
      ? []
      : [
          `accounts     ${facts.locked.names.join(', ')}: locked by maj since ${facts.locked.since}${facts.unfinished === undefined ? '; `maj maintenance off` unlocks them' : ''}`,
        ]),
    `commands     ${facts.commands === undefined ? (facts.commandsError ?? 'unknown') : `run as ${facts.commands.user} (${commandsTexts[facts.commands.by]})`}`,
    `database     ${facts.server ?? facts.databaseError ?? 'not set'}`,
    ...(facts.programsError === undefined ? [] : [`programs     ${facts.programsError}`]),
    ...underName('migrations', migrationLines(facts)),
    `last backup  ${
      facts.backup === undefined
        ? 'none'
        : `${facts.backup.id} of ${databaseText(facts.backup.database)}, ${age(facts.backup.ageMs)} old, ${facts.backup.proven ? 'proven' : 'not proven'} (${facts.backups} in all)`
    }${facts.otherBackups === 0 ? '' : `; ${facts.otherBackups} more of other databases`}`,
    `space        ${bytes(facts.free)} free for ${facts.backupDir}`,
    ...underName('unfinished', facts.unfinished?.split('\n') ?? []),
    ...facts.remedies.map((remedy) => `next         ${remedy}`),
  ];
}

/** What the settings do not tell of the application's files, and the remedy: a few lines. */
export function fileLines({ user, code, missing, data }: FileReport): readonly string[] {
  const folders = data
    .slice(0, mostFolders)
    .map(({ folder, files }) => `${oneLine(folder)}/ (${counted(files, 'file')})`);
  const more =
    data.length > folders.length ? `, and ${counted(data.length - folders.length, 'more folder')}` : '';
  return [
    ...(code.writable === 0
      ? []
      : [
          `${user} may write to ${code.writable.toLocaleString('en')} of ${counted(code.files, 'file')} outside APP_PERSIST`,
        ]),
    ...missing.map(
      (path) => `APP_PERSIST names ${oneLine(path)}, which is not there. Correct its name, or make it.`,
    ),
    ...(folders.length === 0
      ? []
      : [
          `written since the release was installed: ${folders.join(', ')}${more}. If that is data of yours, name it in APP_PERSIST; it is not part of a release.`,
        ]),
  ];
}

const mostFolders = 5;

const userTexts: Readonly<Record<FileReport['userBy'], string>> = {
  'app-user': 'APP_USER',
  usual: 'the usual user of web servers, for APP_USER is not set',
  owner: 'the owner of the application, for APP_USER is not set',
};

/** Whom the web server was taken to run as, and why. */
const userText = ({ user, userBy }: Pick<FileReport, 'user' | 'userBy'>): string =>
  `${user} (${userTexts[userBy]})`;

/** What is wrong with permissions, and what corrects it: a few lines, one at least. */
export function permissionLines(report: FileReport): readonly string[] {
  const { problems, partly } = report;
  const lines = (of: ProblemPaths, what: string, remedy: string): readonly string[] =>
    of.count === 0
      ? []
      : [
          `${what}: ${of.count}. ${remedy}`,
          ...of.first.map((path) => `  ${oneLine(path)}`),
          ...(of.count > of.first.length ? [`  … and ${of.count - of.first.length} more`] : []),
        ];
  const found = [
    ...lines(
      problems.unreadable,
      `${userText(report)} cannot read`,
      'Give them to a group that it is in, and to that group the right: chgrp, chmod g+rX.',
    ),
    ...lines(problems.writable, 'anybody on this machine can write to', 'Take that away: chmod o-w.'),
    ...lines(problems.exposed, 'anybody on this machine can read secrets in', 'Take that away: chmod o-r.'),
    ...(partly ? ['there are more files than were looked at'] : []),
  ];
  return found.length === 0 ? [`as they should be, for ${userText(report)}`] : found;
}
