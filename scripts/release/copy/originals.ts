import { join } from 'node:path';
import { note, type Context } from '../../core/context.ts';
import { MajError, reasonOf } from '../../core/errors.ts';
import type { ReleaseEntry } from '../../package/types.ts';
import { unpackPackage } from '../../package/unpack.ts';
import { readBytesSync } from '../../system/beneath.ts';
import { fileFailed, remove } from '../../system/files.ts';
import type { ReleaseList } from '../installed.ts';
import { mayHoldSecrets } from '../secrets.ts';
import { entryAt } from '../tree.ts';
import { editedLimits, showEdited, type EditedFile } from './edited-files.ts';

/** Where the package of the installed release is unpacked for a while, beside a staged tree. */
export const originalsOf = (staged: string): string => `${staged}.originals`;

/**
 * Shows how files of the installed release were edited, where its package is still where it was and unchanged; of others
 * only the names are known.
 *
 * @param staged the staged tree of the coming release: the package is unpacked beside it, and removed again
 */
export async function showModified(
  context: Context,
  live: string,
  list: ReleaseList,
  staged: string,
  modified: readonly string[],
): Promise<readonly EditedFile[]> {
  const originals = originalsOf(staged);
  const released = new Map(list.entries.map((entry) => [entry.path, entry]));
  const wanted = modified.filter((path) => isComparable(live, path, released.get(path)));
  try {
    const there = wanted.length > 0 && (await unpackOriginals(context, list, originals));
    const files: EditedFile[] = [];
    for (const path of modified) {
      if (files.filter(({ kind }) => kind === 'diff').length >= editedLimits.files)
        files.push({ kind: 'too-many', path });
      else files.push(showOne(live, path, released.get(path), there ? originals : undefined));
    }
    return files;
  } finally {
    await remove(originals);
  }
}

/** Whether there may be something to show: a package is not unpacked for images. */
function isComparable(live: string, path: string, released: ReleaseEntry | undefined): boolean {
  const size = entryAt(live, path)?.bytes ?? 0;
  return released?.type === 'file' && size <= editedLimits.bytes && !mayHoldSecrets(path);
}

function showOne(
  live: string,
  path: string,
  released: ReleaseEntry | undefined,
  originals: string | undefined,
): EditedFile {
  const here = entryAt(live, path);
  if (released?.type !== 'file' || here?.type !== 'file') return { kind: 'not-a-file', path };
  if (mayHoldSecrets(path)) return { kind: 'secret', path };
  if (here.bytes > editedLimits.bytes || released.bytes > editedLimits.bytes) return { kind: 'large', path };
  const hasOriginal = originals !== undefined && entryAt(originals, path)?.type === 'file';
  return showEdited(path, hasOriginal ? read(join(originals, path)) : undefined, read(join(live, path)));
}

function read(path: string): Buffer {
  try {
    return readBytesSync(path);
  } catch (error) {
    throw fileFailed(path, 'read', error);
  }
}

/** Whether the installed release's package is still there: the same one, by its sum. */
async function unpackOriginals(context: Context, list: ReleaseList, into: string): Promise<boolean> {
  if (list.package === undefined || entryAt(list.package, '')?.type !== 'file') return false;
  try {
    const { sha256 } = await unpackPackage(context, list.package, into, context.config.APP_VERSION_FILE);
    return sha256 === list.sha256;
  } catch (error) {
    // Only what could have been shown is lost, unless the user asked to stop.
    if (!(error instanceof MajError) || error.code === 'interrupted') throw error;
    note(context, 'originals-unreadable', { path: list.package, reason: reasonOf(error) });
    return false;
  }
}
