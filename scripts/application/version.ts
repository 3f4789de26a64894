import { join } from 'node:path';
import type { Context } from '../context.ts';
import { readIfThere } from '../system/files.ts';
import { placesOf } from '../release/places.ts';

/**
 * The version that the installed application says it is, in its APP_VERSION_FILE; null when nothing is installed or the
 * file is not there.
 */
export async function installedVersion(
  context: Pick<Context, 'config' | 'projectDir'>,
): Promise<string | null> {
  const { live } = await placesOf(context);
  return live === undefined ? null : versionIn(live, context.config.APP_VERSION_FILE);
}

/** The version that a tree says it is: the first line of its version file; null when there is none. */
export async function versionIn(tree: string, name: string): Promise<string | null> {
  const text = await readIfThere(join(tree, name));
  const line = text
    ?.replace(/^\ufeff/, '')
    .trim()
    .split('\n')[0]
    ?.trim();
  return line === undefined || line === '' ? null : line;
}
