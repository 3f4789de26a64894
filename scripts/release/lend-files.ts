import { dirname, join } from 'node:path';
import type { Context } from '../context.ts';
import { fileFailed } from '../system/files.ts';
import { runsAsRoot } from '../system/identity.ts';
import { lchownSync } from '../system/beneath.ts';
import { copyFile } from './copy-file.ts';
import { persistentPaths } from './persistent.ts';
import { placesOf } from './places.ts';
import { entryAt } from './tree.ts';

/**
 * Gives a staged tree copies of the persistent files, for the dependencies command may need them (a `.env`). The real ones,
 * or in the releases layout links to them, take their place in the switch; folders such as uploads are not copied. No links
 * here: what the command writes must not reach the application that runs. Each copy belongs to whom the original does: who
 * cannot read that cannot read the copy.
 *
 * @throws MajError `file-failed`
 */
export async function lendFiles(context: Context, staged: string): Promise<void> {
  const { persistent } = await placesOf(context);
  for (const path of persistentPaths(context.config.APP_PERSIST)) {
    const original = entryAt(persistent, path);
    if (original?.type !== 'file' || entryAt(staged, path) !== undefined) continue;
    if (entryAt(staged, dirname(path))?.type !== 'folder') continue;
    try {
      const { uid, gid } = copyFile(join(persistent, path), join(staged, path));
      if (runsAsRoot()) lchownSync(join(staged, path), uid, gid);
    } catch (error) {
      throw fileFailed(join(staged, path), 'written', error);
    }
  }
}
