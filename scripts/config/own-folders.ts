import { lstatSync, realpathSync, statSync, type Stats } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Context } from '../core/context.ts';
import { refused, wrongUsage } from '../core/errors.ts';
import { isGone, lstatIfThere } from '../system/symlink-safe-fs.ts';
import { exists, makePrivateFolder, writeDurably } from '../system/files.ts';
import { ownUserId } from '../system/process/identity.ts';
import { backupsDir, stateDir } from './required-settings.ts';

const reason = '# Made by maj: what is in here holds rows of the database, and is nothing for git.\n';
/** In a folder that is ours, everything. */
const ignoreAll = `${reason}*\n`;
/** In one that may be somebody else's as well: backups, whole or not, and the trash. */
const ignoreBackups = `${reason}/.gitignore\n/.trash/\n/${'[0-9]'.repeat(8)}T${'[0-9]'.repeat(6)}Z-*\n`;

/**
 * Makes `.maj`, and a folder in it. git takes nothing of it, wherever it lies: `git add --all` would hand on the rows of the
 * database, and `git clean -fd` remove the backups.
 *
 * @param path not given: `.maj` itself
 */
export async function makeStateFolder(context: Pick<Context, 'projectDir'>, path?: string): Promise<void> {
  const state = stateDir(context);
  await makePrivateFolder(state);
  await keepFromGit(state, ignoreAll);
  if (path !== undefined) await makePrivateFolder(path);
}

/** Makes the folder of the backups. */
export async function makeBackupsFolder(context: FolderContext): Promise<void> {
  if (isInStateFolder(context)) return makeStateFolder(context, backupsDir(context));
  await makePrivateFolder(backupsDir(context));
}

/** Keeps git from taking the backups in their folder; a `.gitignore` that is there stays as it is. */
export async function keepBackupsFromGit(context: FolderContext): Promise<void> {
  if (!isInStateFolder(context)) await keepFromGit(backupsDir(context), ignoreBackups);
}

type FolderContext = Pick<Context, 'config' | 'projectDir'>;

const isInStateFolder = (context: FolderContext): boolean =>
  !relative(stateDir(context), backupsDir(context)).startsWith('..');

async function keepFromGit(folder: string, text: string): Promise<void> {
  const path = join(folder, '.gitignore');
  if (!(await exists(path))) await writeDurably(path, text);
}

/** Who may decide what maj does, as who runs it. */
export interface Trusting {
  /** The user that maj runs as. */
  readonly uid: number;
  /** Who called sudo; undefined when nobody did. */
  readonly calledBy: number | undefined;
  /** The groups that may write, beside an owner who may; undefined: any, since many users have one of their own. */
  readonly groups?: readonly number[] | undefined;
}

/** How another may change something. */
export type Stranger = 'owner' | 'writable' | 'group';

/**
 * Whether another may change a file or folder: then he decides what maj runs, as the user that it runs as. The system's
 * own administrator may, and whoever called sudo could do the same without maj. Pure.
 */
export function strangerTo(
  { uid: owner, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>,
  { uid, calledBy, groups }: Trusting,
): Stranger | undefined {
  const trusted = [uid, 0, ...(uid === 0 && calledBy !== undefined ? [calledBy] : [])];
  if (!trusted.includes(owner)) return 'owner';
  if ((mode & writableByAll) !== 0) return 'writable';
  const byGroup = (mode & writableByGroup) !== 0 && groups?.includes(gid) === false;
  return byGroup ? 'group' : undefined;
}

const writableByAll = 0o002;
const writableByGroup = 0o020;
const sticky = 0o1000;

/** The same of a folder on the way to something: where its sticky bit is set, others cannot put anything in its place. Pure. */
export function strangerOnTheWay(
  folder: Pick<Stats, 'uid' | 'gid' | 'mode'>,
  trusting: Trusting,
): Stranger | undefined {
  const stranger = strangerTo(folder, trusting);
  return stranger !== 'owner' && (folder.mode & sticky) !== 0 ? undefined : stranger;
}

/** What another may change, and how. */
export interface FoundStranger {
  readonly path: string;
  readonly stranger: Stranger;
  readonly owner: number;
}

/**
 * Looks for somebody else who may change these files or folders, or put others in their place, by them or by any folder
 * above them: as they are named, and where links lead.
 */
export function strangerAt(paths: readonly string[], trusting: Trusting): FoundStranger | undefined {
  const seen = new Set<string>();
  const above = (path: string): readonly string[] =>
    dirname(path) === path ? [] : [dirname(path), ...above(dirname(path))];
  for (const path of paths) {
    const there = nearest(path);
    const real = realpathSync(there);
    const ways = new Set([...[there, real].flatMap(above), ...(there === path ? [] : [there, real])]);
    for (const way of there === path ? [...ways, path, real] : ways) {
      if (seen.has(way)) continue;
      seen.add(way);
      const found = statSync(way);
      const judge = there === path && (way === path || way === real) ? strangerTo : strangerOnTheWay;
      // A link is its owner's to change, wherever it leads; its mode says nothing.
      const stranger =
        judge(found, trusting) ?? strangerTo({ ...onlyOwner(lstatSync(way)), mode: 0 }, trusting);
      if (stranger !== undefined) return { path: way, stranger, owner: found.uid };
    }
  }
  return undefined;
}

/** The path itself, or the nearest folder above it that is there: what is made there is made by us. */
function nearest(path: string): string {
  let there = path;
  while (lstatIfThere(there) === undefined) there = dirname(there);
  return there;
}

const onlyOwner = ({ uid, gid }: Stats): Pick<Stats, 'uid' | 'gid'> => ({ uid, gid });

/** What a path leads to; undefined where nothing is, or a file stands in the place of a folder on the way. */
function followed(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Whom to trust, from who runs maj; undefined where the system has no users. */
export function trustingOf(environment: Readonly<Record<string, string | undefined>>): Trusting | undefined {
  const uid = ownUserId();
  if (uid === undefined) return undefined;
  const number = (text = ''): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);
  return { uid, calledBy: number(environment['SUDO_UID']) };
}

/**
 * Whether another user may change a file or folder of ours. For root also by its group, or by a folder above it; other users
 * share groups and folders with those whom they trust.
 *
 * @param environment `MAJ_TRUSTED_PROJECT` names a project that is worked on all the same, as git has `safe.directory`
 */
function strangerToOurs(
  projectDir: string,
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): (FoundStranger & { readonly uid: number }) | undefined {
  const trusting = trustingOf(environment);
  if (trusting === undefined || environment['MAJ_TRUSTED_PROJECT'] === projectDir) return undefined;
  const { uid } = trusting;
  if (uid === 0) {
    const found = strangerAt([path], { ...trusting, groups: [0] });
    return found === undefined ? undefined : { ...found, uid };
  }
  const there = followed(path);
  const stranger = there === undefined ? undefined : strangerTo(there, trusting);
  return there === undefined || stranger === undefined
    ? undefined
    : { path, stranger, owner: there.uid, uid };
}

/**
 * Refuses settings that another user may have written.
 *
 * @param paths of the project's folder and of its `.env`; one that is not there is nobody's
 * @throws MajError `project-of-another`, exit code 2
 */
export function refuseStrangers(
  projectDir: string,
  paths: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): void {
  for (const path of paths) {
    const found = strangerToOurs(projectDir, path, environment);
    if (found !== undefined) throw wrongUsage('project-of-another', { projectDir, ...found });
  }
}

/** A folder that only we may put something into. */
export type OwnFolder = 'backups' | 'state' | 'area';

/**
 * Refuses a folder of ours that another user may change, or put another in the place of.
 *
 * @param path need not be there yet
 * @throws MajError `folder-of-another`, exit code 3
 */
export function checkOwnFolder(
  { projectDir, env }: Pick<Context, 'projectDir' | 'env'>,
  folder: OwnFolder,
  path: string,
): void {
  const found = strangerToOurs(projectDir, path, env);
  if (found !== undefined) throw refused('folder-of-another', { ...found, projectDir, folder, whole: path });
}
