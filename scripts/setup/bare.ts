import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from '../core/context.ts';
import { refused, wrongUsage } from '../core/errors.ts';
import { readIfThere } from '../system/files.ts';
import { tryGit } from '../system/process/git.ts';
import type { Edit } from './edits.ts';
import { isPlainPath, withHook, withoutHook } from './hook-script.ts';

/**
 * What changes in a bare repository, so that it judges what is pushed to it: its pre-receive hook, which starts the maj that is
 * running now.
 *
 * @throws MajError `init-not-bare`, `init-path`, `init-by-hand`
 */
export async function bareEdits(
  context: Pick<Context, 'env'>,
  folder: string,
  what: 'add' | 'remove',
): Promise<readonly Edit[]> {
  const asked = await tryGit(context, folder, ['rev-parse', '--is-bare-repository']);
  if (asked.stdout.trim() !== 'true')
    throw wrongUsage('init-not-bare', { folder, output: asked.stderr.trim() });
  const packageFolder = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  if (!isPlainPath(packageFolder)) throw refused('init-path', { path: packageFolder });
  const path = join('hooks', 'pre-receive');
  const before = await readIfThere(join(folder, path));
  const edit = (after: string | undefined): readonly Edit[] =>
    before === after ? [] : [{ path, before, after, isProgram: true }];
  if (what === 'remove') return edit(before === undefined ? undefined : withoutHook(before));
  const after = withHook(before, { packageFolder, project: '.' });
  if (after === undefined) {
    const command = `sh ${packageFolder}/hooks/pre-push .`;
    throw refused('init-by-hand', { files: [join(folder, path)], command });
  }
  return edit(after);
}
