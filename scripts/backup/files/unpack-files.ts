import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, fchownSync, futimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ArchiveEntry } from '../../archive/archives.ts';
import { modeToGive } from '../../archive/copy-file.ts';
import { holeWriter, plainWriter } from '../../archive/sparse.ts';
import { warn, type Context, type TellProgress } from '../../core/context.ts';
import type { Codec } from '../../dump/codec.ts';
import type { Attributes } from '../../system/acl.ts';
import { attributeKeeper, type AttributeKeeper } from '../../system/attributes.ts';
import {
  chmodSync,
  lchownSync,
  linkSync,
  lutimesSync,
  makeFolders,
  openEmpty,
  symlinkSync,
} from '../../system/symlink-safe-fs.ts';
import {
  fileFailed,
  makePrivateFolder,
  orFileFailed,
  privateFile,
  privateFolder,
  systemErrorCode,
} from '../../system/files.ts';
import { runsAsRoot } from '../../system/process/identity.ts';
import type { Backup } from '../list.ts';
import type { ManifestFiles } from '../manifest.ts';
import { createListComparison, readFilesList } from './files-list.ts';
import { readFiles } from './read-archives.ts';

/**
 * Unpacks the files of a backup into a new folder and compares what it unpacks with the list, as it does.
 * Links are made after everything else, so that nothing is ever written through one; modes of folders come last, and
 * before them their attributes: what is made in a folder with a default access control list would inherit of that.
 * Nothing is flushed to disk: that takes one call for all of it, and is the caller's.
 *
 * @param root of the new folder, which is made
 * @returns what is not as listed; empty when all is well
 */
export async function unpackFiles(
  context: Pick<Context, 'env' | 'report'>,
  backup: Backup,
  files: ManifestFiles,
  codec: Codec,
  root: string,
  progress: TellProgress,
): Promise<readonly string[]> {
  const listed = await readFilesList(backup.folder, files);
  if (listed === undefined) return [`${files.list.name} is not a list`];
  const comparison = createListComparison(listed);
  const keeper = await attributeKeeper(context);
  await makePrivateFolder(root);
  await keeper.removeInherited(root);
  const attributed = attributeSetter(keeper, root);
  // By their paths: a folder may come twice.
  const later = new Map<string, ArchiveEntry>();
  const names: ArchiveEntry[] = [];
  const disarmed: string[] = [];
  let done = 0;
  await readFiles(backup.folder, files, codec, async (entry, content) => {
    if (!staysWithin(entry.path)) throw new Error(`${entry.path} leaves the folder`);
    const mode = modeToGive(entry, runsAsRoot());
    if (entry.type === 'file' && mode !== entry.mode) disarmed.push(entry.path);
    const sha256 = entry.type === 'file' ? await writeFile(root, { ...entry, mode }, content) : null;
    if (entry.type === 'folder') makeFolder(join(root, entry.path));
    if (entry.type === 'file') await attributed.add(entry);
    else if (entry.type === 'hardlink') names.push(entry);
    else later.set(entry.path, entry);
    comparison.see(entry, sha256);
    progress((done += entry.size), files.bytes);
  });
  await attributed.flush();
  for (const entry of names) nameAgain(root, entry);
  const foldersAndLinks = [...later.values()];
  for (const entry of foldersAndLinks) if (entry.type === 'link') makeLink(root, entry);
  // What lies in a folder before that: it may be closed to us then.
  for (let end = foldersAndLinks.length; end > 0; end -= finishedAtOnce) {
    const entries = foldersAndLinks.slice(Math.max(0, end - finishedAtOnce), end).reverse();
    for (const entry of entries) if (entry.type === 'folder') giveAway(root, entry);
    for (const entry of entries) await attributed.add(entry);
    await attributed.flush();
    for (const entry of entries) if (entry.type === 'folder') finishFolder(root, entry);
  }
  keeper.tell();
  if (disarmed.length > 0) warn(context, 'setuid-dropped', { paths: disarmed });
  return comparison.found();
}

/** How many folders and links get their attributes at once. */
const finishedAtOnce = 1000;
/** Attributes wait for others, to be set together: of so many things, or of so many bytes. */
const mostWaiting = { things: 1000, bytes: 8 * 1024 * 1024 };

function attributeSetter(keeper: AttributeKeeper, root: string) {
  const waiting = new Map<string, Attributes>();
  let bytes = 0;
  const flush = async (): Promise<void> => {
    await keeper.set(root, waiting);
    waiting.clear();
    bytes = 0;
  };
  return {
    add: async ({ path, attributes }: ArchiveEntry) => {
      if (attributes.size === 0) return;
      waiting.set(path, attributes);
      for (const value of attributes.values()) bytes += value.length;
      if (waiting.size >= mostWaiting.things || bytes >= mostWaiting.bytes) await flush();
    },
    flush,
  };
}

/** Whether a path names something below the folder that it starts from. */
function staysWithin(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.split('/').includes('..');
}

const makeFolder = (path: string): void => orFileFailed(path, 'made', () => makeFolders(path, privateFolder));

async function writeFile(root: string, entry: ArchiveEntry, content: AsyncIterable<Buffer>): Promise<string> {
  const path = join(root, entry.path);
  const hash = createHash('sha256');
  try {
    const file = openToFill(path);
    // Synchronous calls: each is quick, and there is a wait before every piece of content.
    try {
      const writer = entry.extents === null ? plainWriter(file) : holeWriter(file);
      for await (const data of content) {
        hash.update(data);
        writer.write(data);
      }
      writer.finish();
      if (runsAsRoot()) fchownSync(file, entry.uid, entry.gid);
      fchmodSync(file, entry.mode);
      futimesSync(file, entry.modifiedAt, entry.modifiedAt);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileFailed(path, 'written', error);
  }
  return hash.digest('hex');
}

/** Opens for writing; a file that comes twice in the archive is written again, and the later one stays. */
function openToFill(path: string): number {
  try {
    return openEmpty(path, privateFile);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    makeFolder(dirname(path));
    return openEmpty(path, privateFile);
  }
}

/** Gives a file another name; its target is no link, for these come later. */
function nameAgain(root: string, { path, target }: ArchiveEntry): void {
  if (target === null || !staysWithin(target))
    throw new Error(`${path} is a name of what is not in the folder`);
  const full = join(root, path);
  orFileFailed(full, 'written', () => {
    makeFolders(dirname(full), privateFolder);
    linkSync(join(root, target), full);
  });
}

function makeLink(root: string, { path, target, uid, gid }: ArchiveEntry): void {
  const full = join(root, path);
  orFileFailed(full, 'written', () => {
    symlinkSync(target ?? '', full);
    if (runsAsRoot()) lchownSync(full, uid, gid);
  });
}

function giveAway(root: string, { path, uid, gid }: ArchiveEntry): void {
  const full = join(root, path);
  if (runsAsRoot()) orFileFailed(full, 'given to its owner', () => lchownSync(full, uid, gid));
}

/** Gives a folder what would not let us write to it. */
function finishFolder(root: string, { path, mode, modifiedAt }: ArchiveEntry): void {
  const full = join(root, path);
  orFileFailed(full, 'written', () => {
    chmodSync(full, mode);
    lutimesSync(full, modifiedAt, modifiedAt);
  });
}
