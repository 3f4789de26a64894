import { cp, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './context.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/**
 * A copy of the repository to be packed. Packing builds anew: in the repository itself it would write over the very files
 * that tests which run at the same time start the command from.
 */
export async function copyOfRepository(): Promise<string> {
  const copy = join(temporaryFolder('copy'), 'repository');
  const ours = ['.git', '.maj', 'dist', 'node_modules'];
  await cp(repository, copy, {
    recursive: true,
    filter: (path) => !ours.includes(relative(repository, path)),
  });
  await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}
