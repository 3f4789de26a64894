import { isAbsolute, join, relative } from 'node:path';
import { applicationDir } from '../config/require.ts';
import { strangerAt, trustingOf, type Found, type Trusting } from '../config/stranger.ts';
import type { Context } from '../context.ts';
import { wrongUsage } from '../errors.ts';
import { fileFailed, namesIn, statIfThere } from '../system/files.ts';
import { isScript } from './names.ts';

type Settings = Pick<Context, 'config' | 'projectDir'>;
type Surroundings = Pick<Context, 'config' | 'projectDir' | 'env'>;

/**
 * The folder of the migration scripts: MIGRATIONS_DIR itself when it is absolute, else under the first of these where
 * it is: the unpacked package, the project folder (a developer's repository), the installed application. Of the last two
 * it is refused where another could have written it. Where a package counts, those of the installed application never do: they
 * are of another release.
 *
 * @param stagedDir the unpacked package of an upgrade
 * @throws MajError `migrations-folder-missing`, naming the places; `migrations-of-another`
 */
export async function migrationsFolder(context: Surroundings, stagedDir?: string): Promise<string> {
  const places = placesOf(context, stagedDir);
  for (const place of places) {
    const found = await statIfThere(place);
    // A link that is not followed is one that others may change: it is refused below, and not passed over.
    if (found?.isDirectory() !== true && found?.isSymbolicLink() !== true) continue;
    const isNamed = isAbsolute(context.config.MIGRATIONS_DIR);
    const isPackage = stagedDir !== undefined && !relative(stagedDir, place).startsWith('..');
    if (!isNamed && !isPackage) await refuseOthersScripts(context, place);
    return place;
  }
  throw wrongUsage('migrations-folder-missing', { places });
}

/**
 * Who writes the scripts decides what is done to the database as DB_USER, who may be more than the application's own user
 * is: the web server's account must not, where nobody has named the folder.
 */
async function refuseOthersScripts(context: Surroundings, folder: string): Promise<void> {
  const trusting = trustingOf(context.env);
  const isTrusted = !relative(context.projectDir, folder).startsWith('..');
  if (trusting === undefined || (isTrusted && context.env['MAJ_TRUSTED_PROJECT'] === context.projectDir))
    return;
  // Many users have a group of their own that may write; root has no reason to.
  const groups = trusting.uid === 0 ? [0, ...groupOfCaller(context)] : undefined;
  const judge = (paths: readonly string[]): Found | undefined => strangerOf(paths, { ...trusting, groups });
  const scripts = async (): Promise<readonly string[]> =>
    (await namesIn(folder)).filter(isScript).map((name) => join(folder, name));
  const found = judge([folder]) ?? judge(await scripts());
  if (found !== undefined) throw wrongUsage('migrations-of-another', { folder, ...found, uid: trusting.uid });
}

function strangerOf(paths: readonly string[], trusting: Trusting): Found | undefined {
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
  const { MIGRATIONS_DIR, APP_DIR } = context.config;
  if (isAbsolute(MIGRATIONS_DIR)) return [MIGRATIONS_DIR];
  const isOfPackage = stagedDir !== undefined;
  const application = APP_DIR === undefined || isOfPackage ? undefined : installedTree(context);
  return [stagedDir, context.projectDir, application]
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, MIGRATIONS_DIR));
}

/** The tree of the application that is in use; APP_DIR must be set. */
export function installedTree(context: Settings): string {
  const folder = applicationDir(context);
  return context.config.APP_LAYOUT === 'releases' ? join(folder, 'current') : folder;
}
