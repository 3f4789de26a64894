import { isAbsolute, join, relative } from 'node:path';
import { strangerAt, trustingOf, type FoundStranger, type Trusting } from '../config/own-folders.ts';
import { isUnder, persistentPaths } from '../config/persistent.ts';
import { applicationDir } from '../config/required-settings.ts';
import type { Context } from '../core/context.ts';
import { wrongUsage } from '../core/errors.ts';
import { fileFailed, namesIn, statIfThere } from '../system/files.ts';
import { isScript } from './script-names.ts';

type Settings = Pick<Context, 'config' | 'projectDir'>;
type Surroundings = Pick<Context, 'config' | 'projectDir' | 'env'>;

/** What scripts are wanted for. */
export interface Wanted {
  /** The unpacked package of an upgrade, whose scripts count. */
  readonly stagedDir?: string | undefined;
  /** Whoever wrote them, they may be read and hashed; what runs of them does so with the power of DB_USER. */
  readonly use?: 'run' | 'read';
}

/**
 * The folder of the migration scripts: MIGRATIONS_DIR itself when it is absolute, else under the first of these where
 * it is: the unpacked package, the project folder (a developer's repository), the installed application. Of the last two
 * it is refused where another could have written what is to run. Where a package counts, those of the installed application
 * never do: they are of another release. An empty folder of the project does not hide the application's scripts.
 *
 * @throws MajError `migrations-folder-missing`, naming the places; `migrations-of-another`
 */
export async function migrationsFolder(context: Surroundings, wanted: Wanted = {}): Promise<string> {
  const { stagedDir, use = 'run' } = wanted;
  const places = placesOf(context, stagedDir);
  const found: string[] = [];
  for (const place of places) {
    const thing = await statIfThere(place);
    // A link that is not followed is one that others may change: it is refused below, and not passed over.
    if (thing?.isDirectory() === true || thing?.isSymbolicLink() === true) found.push(place);
  }
  const [first] = found;
  if (first === undefined) throw wrongUsage('migrations-folder-missing', { places });
  const place = isOf(stagedDir, first) ? first : ((await firstOf(found, holdsScripts)) ?? first);
  const isNamed = isAbsolute(context.config.MIGRATIONS_DIR);
  if (use === 'run' && !isNamed && !isOf(stagedDir, place)) await refuseOthersScripts(context, place);
  return place;
}

const isOf = (folder: string | undefined, place: string): boolean =>
  folder !== undefined && !relative(folder, place).startsWith('..');

const holdsScripts = async (folder: string): Promise<boolean> =>
  (await statIfThere(folder))?.isDirectory() === true && (await namesIn(folder)).some(isScript);

async function firstOf(
  paths: readonly string[],
  holds: (path: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const path of paths) if (await holds(path)) return path;
  return undefined;
}

/**
 * Who writes the scripts decides what is done to the database as DB_USER, who may be more than the application's own user
 * is: the web server's account must not, where nobody has named the folder.
 */
async function refuseOthersScripts(context: Surroundings, folder: string): Promise<void> {
  const trusting = trustingOf(context.env);
  const isTrusted = isOf(context.projectDir, folder);
  if (trusting === undefined || (isTrusted && context.env['MAJ_TRUSTED_PROJECT'] === context.projectDir))
    return;
  // Many users have a group of their own that may write; root has no reason to.
  const groups = trusting.uid === 0 ? [0, ...groupOfCaller(context)] : undefined;
  const judge = (paths: readonly string[]): FoundStranger | undefined =>
    strangerOf(paths, { ...trusting, groups });
  const scripts = async (): Promise<readonly string[]> =>
    (await namesIn(folder)).filter(isScript).map((name) => join(folder, name));
  const found = judge([folder]) ?? judge(await scripts());
  if (found !== undefined) throw wrongUsage('migrations-of-another', { folder, ...found, uid: trusting.uid });
}

function strangerOf(paths: readonly string[], trusting: Trusting): FoundStranger | undefined {
  try {
    return strangerAt(paths, trusting);
  } catch (error) {
    throw fileFailed(paths[0] ?? '', 'looked at', error);
  }
}

const groupOfCaller = ({ env }: Surroundings): readonly number[] =>
  /^\d+$/.test(env['SUDO_GID'] ?? '') ? [Number(env['SUDO_GID'])] : [];

/** The folder that a new script belongs in: the one that counts or, where there is none yet, the project's. */
export async function folderForNew(context: Settings): Promise<string> {
  const places = placesOf(context, undefined);
  for (const place of places) if ((await statIfThere(place))?.isDirectory() === true) return place;
  return places[0] ?? join(context.projectDir, context.config.MIGRATIONS_DIR);
}

function placesOf(context: Settings, stagedDir: string | undefined): string[] {
  const { APP_DIR } = context.config;
  const { path, of } = scriptsPath(context);
  if (of === 'system') return [path];
  const isOfPackage = stagedDir !== undefined;
  const application = APP_DIR === undefined || isOfPackage ? undefined : installedTree(context);
  const project = of === 'release' ? undefined : context.projectDir;
  return [stagedDir, project, application]
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, path));
}

/**
 * MIGRATIONS_DIR, and what it is a path of: any tree that has scripts; each release, where it is the absolute path of a folder
 * in the one that is installed, for the next release has its own there; or the system. What is persistent is of no release.
 * Pure.
 */
export function scriptsPath(context: Settings): {
  readonly path: string;
  readonly of: 'any' | 'release' | 'system';
} {
  const { MIGRATIONS_DIR: path, APP_DIR, APP_LAYOUT, APP_PERSIST } = context.config;
  if (!isAbsolute(path)) return { path, of: 'any' };
  if (APP_DIR === undefined) return { path, of: 'system' };
  const within = relative(applicationDir(context), path);
  const [, below] =
    (APP_LAYOUT === 'releases' ? /^(?:current|releases\/[^/]+)\/(.+)$/ : /^(.+)$/).exec(within) ?? [];
  const isOfRelease =
    below !== undefined && !within.startsWith('..') && !isUnder(persistentPaths(APP_PERSIST), below);
  return isOfRelease ? { path: below, of: 'release' } : { path, of: 'system' };
}

/** The tree of the application that is in use; APP_DIR must be set. */
export function installedTree(context: Settings): string {
  const folder = applicationDir(context);
  return context.config.APP_LAYOUT === 'releases' ? join(folder, 'current') : folder;
}
