import { dirname, join, normalize, relative } from 'node:path';
import { maintenanceFile } from '../config/maintenance-means.ts';
import { keptPaths } from '../config/persistent.ts';
import { inStep, type Context } from '../core/context.ts';
import { unsound } from '../core/errors.ts';
import type { ReleaseEntry } from '../package/types.ts';
import { compareLive } from '../release/changes.ts';
import type { Compared } from '../release/file-changes.ts';
import { installedList } from '../release/installed.ts';
import { placesOf } from '../release/places.ts';
import { installedVersion } from '../release/version.ts';
import { readFilesList, type ListedFile } from './files/files-list.ts';
import type { Backup } from './list.ts';

/**
 * The files that are not as an older backup has them, nor as the installed release brought them: going back to it takes them
 * away, with what users or the application have written since.
 *
 * @param persistent whether what APP_PERSIST names goes, too, as in a restore, or stays, as where a version is gone back from
 * @returns paths from APP_DIR, in order; none where the backup holds no files, or nothing is installed
 * @throws MajError `backup-unsound`; `file-name-unreadable`, `file-failed`
 */
export async function filesSince(
  context: Context,
  older: Backup,
  persistent: 'goes' | 'stays',
): Promise<readonly string[]> {
  const places = await placesOf(context);
  const { live } = places;
  const { files } = older.manifest;
  if (files === null || live === undefined) return [];
  return inStep(context, 'compare-files', { backup: older.id }, async () => {
    const listed = await readFilesList(older.folder, files);
    if (listed === undefined)
      throw unsound('backup-unsound', {
        id: older.id,
        problems: [{ file: files.list.name, what: 'content' }],
      });
    const version = await installedVersion(context);
    const installed = version === null ? undefined : (await installedList(context, version))?.entries;
    const flag = maintenanceFile(context.config);
    const flags = flag === undefined ? [] : [flag];
    const kept = persistent === 'stays' ? keptPaths(context) : flags;
    if (places.releases === undefined)
      return lostOf(await compareLive(context, live, { installed, coming: entriesBelow(listed, '') }, kept));
    // The links among the releases that lead to what is shared are the same in each.
    const root = dirname(places.entry);
    const then = normalize(listed.get('current')?.target ?? 'current');
    const lists = { installed, coming: entriesBelow(listed, `${then}/`) };
    const inRelease = lostOf(await compareLive(context, live, lists, keptPaths(context)));
    const shared = { installed: undefined, coming: entriesBelow(listed, 'shared/') };
    const inShared =
      persistent === 'stays' ? [] : lostOf(await compareLive(context, places.persistent, shared, flags));
    return [
      ...inRelease.map((path) => join(relative(root, live), path)),
      ...inShared.map((path) => join('shared', path)),
    ];
  });
}

/** What of a tree neither side has as it is: pure. */
const lostOf = (compared: readonly Compared[]): readonly string[] =>
  compared
    .filter(
      ({ type, state, coming }) =>
        (type === 'file' || type === 'link') && state !== 'same' && coming !== 'same',
    )
    .map(({ path }) => path)
    .sort();

/** The entries of a list below a folder, as those of a release are told: pure. */
function entriesBelow(listed: ReadonlyMap<string, ListedFile>, folder: string): readonly ReleaseEntry[] {
  return [...listed.values()].flatMap((listedFile): readonly ReleaseEntry[] => {
    if (!listedFile.path.startsWith(folder)) return [];
    const path = listedFile.path.slice(folder.length);
    // A further name of a file has what the first one holds.
    const file = listedFile.type === 'hardlink' ? listed.get(listedFile.target ?? '') : listedFile;
    switch (file?.type) {
      case 'folder':
        return [{ type: 'folder', path }];
      case 'link':
        return [{ type: 'link', path, target: file.target ?? '' }];
      case 'file':
        return [{ type: 'file', path, bytes: file.size, sha256: file.sha256 ?? '' }];
      case 'hardlink':
      case undefined:
        return [];
    }
  });
}
