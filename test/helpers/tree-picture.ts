import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What a tree holds: modes, owners, times, targets and contents by path. */
export function treePicture(root: string): Record<string, string> {
  const paths = ['.', ...readdirSync(root, { recursive: true, encoding: 'utf8' })].sort();
  return Object.fromEntries(
    paths.map((path) => {
      const stats = lstatSync(join(root, path));
      const content = stats.isFile()
        ? readFileSync(join(root, path), 'base64')
        : stats.isSymbolicLink()
          ? readlinkSync(join(root, path))
          : 'folder';
      const time = stats.isSymbolicLink() ? '' : Math.floor(stats.mtimeMs / 1000);
      const mode = stats.isSymbolicLink() ? '' : stats.mode.toString(8);
      return [path, `${mode} ${stats.uid}:${stats.gid} ${time} ${content}`];
    }),
  );
}
