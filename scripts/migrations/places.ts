import { isAbsolute, join } from 'node:path';
import { applicationDir } from '../config/require.ts';
import type { Context } from '../context.ts';
import { wrongUsage } from '../errors.ts';
import { statIfThere } from '../system/files.ts';

type Settings = Pick<Context, 'config' | 'projectDir'>;

/**
 * The folder of the migration scripts: MIGRATIONS_DIR itself when it is absolute, else under the first of these where
 * it is: the unpacked package, the project folder (a developer's repository), the installed application.
 *
 * @param stagedDir the unpacked package of an upgrade
 * @throws MajError `migrations-folder-missing`, naming the places
 */
export async function migrationsFolder(context: Settings, stagedDir?: string): Promise<string> {
  const places = placesOf(context, stagedDir);
  for (const place of places) if ((await statIfThere(place))?.isDirectory() === true) return place;
  throw wrongUsage('migrations-folder-missing', { places });
}

/** The folder that a new script belongs in: the one that counts or, where there is none yet, the project's. */
export async function folderForNew(context: Settings): Promise<string> {
  const places = placesOf(context, undefined);
  for (const place of places) if ((await statIfThere(place))?.isDirectory() === true) return place;
  return places[0] ?? join(context.projectDir, context.config.MIGRATIONS_DIR);
}

function placesOf(context: Settings, stagedDir: string | undefined): string[] {
  const { MIGRATIONS_DIR, APP_DIR } = context.config;
  if (isAbsolute(MIGRATIONS_DIR)) return [MIGRATIONS_DIR];
  const application = APP_DIR === undefined ? undefined : installedTree(context);
  return [stagedDir, context.projectDir, application]
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, MIGRATIONS_DIR));
}

/** The tree of the application that is in use; APP_DIR must be set. */
export function installedTree(context: Settings): string {
  const folder = applicationDir(context);
  return context.config.APP_LAYOUT === 'releases' ? join(folder, 'current') : folder;
}
