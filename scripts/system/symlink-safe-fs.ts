import fs, { constants, type BigIntStats, type ReadStream, type Stats } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { createBreather } from '../core/clock.ts';
import { refused } from '../core/errors.ts';

/**
 * Files beneath folders that others may write to: the application's tree belongs to the web server, who can put a link in the
 * place of a folder between two calls of ours. So no path is handed to the system. Each folder of it is opened from the one
 * above, and what is done is done through the descriptor of the last one, at `/proc/self/fd/N/name`. A link is followed only
 * where nobody else could have put it: it is root's or ours, and lies in folders that only root or we may write to, as
 * `/home -> /data/home` does. Any other is an error, `ENOTDIR` for a folder and `ELOOP` for the last name.
 *
 * Names and results are those of `node:fs`; all of it is synchronous. Folders stay open until the event loop turns: a walk
 * opens each once.
 */

/** Not among Node's constants; the same on every architecture that Node has but PA-RISC and Alpha (open(2), fcntl.h). */
const openPath = 0o10000000;

const folderFlags = openPath | constants.O_DIRECTORY | constants.O_NOFOLLOW;

interface Folder {
  readonly descriptor: number;
  /** Its path without links. */
  readonly path: string;
  /** Whether nobody but root and us may rename anything in it, or in a folder above it. */
  readonly isOurs: boolean;
}

/** By the path that was asked for. */
const open = new Map<string, Folder>();
const descriptors: number[] = [];
let closing: NodeJS.Immediate | undefined;

/** So many at most: a process has some thousand descriptors at least. */
const mostOpen = 200;

function closeAll(): void {
  for (const descriptor of descriptors.splice(0)) fs.closeSync(descriptor);
  open.clear();
}

function keep(descriptor: number): number {
  descriptors.push(descriptor);
  closing ??= setImmediate(() => {
    closing = undefined;
    closeAll();
  });
  return descriptor;
}

/** As long as the kernel follows. */
const mostLinks = 40;

/** Called before anything is opened: what is open is not closed while it is in use. */
function makeRoom(): void {
  if (descriptors.length > mostOpen) closeAll();
}

function folderAt(path: string, links = 0): Folder {
  const known = open.get(path);
  if (known !== undefined) return known;
  const found = path === '/' ? top() : enter(folderAt(dirname(path), links), basename(path), links);
  open.set(path, found);
  return found;
}

let hasProc: boolean | undefined;

function top(): Folder {
  // Else nothing at all would seem to be there.
  hasProc ??= fs.lstatSync('/proc/self/fd', { throwIfNoEntry: false }) !== undefined;
  if (!hasProc) throw refused('proc-missing', {});
  const descriptor = keep(fs.openSync('/', folderFlags));
  return { descriptor, path: '/', isOurs: isOurs(fs.fstatSync(descriptor)) };
}

function enter(above: Folder, name: string, links: number): Folder {
  const place = placeIn(above, name);
  try {
    const descriptor = keep(fs.openSync(place, folderFlags));
    const path = join(above.path, name);
    return { descriptor, path, isOurs: above.isOurs && isOurs(fs.fstatSync(descriptor)) };
  } catch (error) {
    const target = codeOf(error) === 'ENOTDIR' ? trustedTarget(above, name) : undefined;
    if (target === undefined) throw isLink(place) ? othersLink('ENOTDIR', join(above.path, name)) : error;
    if (links === mostLinks) throw othersLink('ELOOP', join(above.path, name));
    return through(above, target, links + 1);
  }
}

/** The folder that a link leads to, one name after the other: `..` of a folder is the one that it lies in. */
function through(from: Folder, target: string, links: number): Folder {
  let folder = isAbsolute(target) ? folderAt('/', links) : from;
  for (const name of target.split('/')) {
    if (name === '' || name === '.') continue;
    folder = name === '..' ? folderAt(dirname(folder.path), links) : enter(folder, name, links);
  }
  return folder;
}

/** Where a link leads that nobody but root and us can have put there; undefined for everything else. */
function trustedTarget(above: Folder, name: string): string | undefined {
  if (!above.isOurs) return undefined;
  const place = placeIn(above, name);
  const stats = fs.lstatSync(place, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() !== true || !isTrusted(stats.uid)) return undefined;
  return fs.readlinkSync(place);
}

const worldWritable = 0o002;
const groupWritable = 0o020;
const sticky = 0o1000;

/**
 * Whether nobody but root and us may rename what lies in a folder. In a sticky one others may make things, and rename only
 * those. The group of a folder may be that of its owner alone, which every account of Debian has.
 */
function isOurs({ uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>): boolean {
  if (!isTrusted(uid)) return false;
  if ((mode & sticky) !== 0) return true;
  if ((mode & worldWritable) !== 0) return false;
  return (mode & groupWritable) === 0 || gid === 0 || gid === process.getegid?.();
}

let ownerOfTop: number | undefined;

/**
 * Root, ourselves, whoever called sudo (he could do the same without us), and whoever owns the root folder: among the users
 * of a container that need not be number 0.
 */
function isTrusted(uid: number): boolean {
  const own = process.geteuid?.();
  const isCaller = own === 0 && process.env['SUDO_UID'] === String(uid);
  return uid === 0 || uid === own || isCaller || uid === (ownerOfTop ??= fs.lstatSync('/').uid);
}

const placeIn = ({ descriptor }: Folder, name: string): string => `/proc/self/fd/${descriptor}/${name}`;

/** By the path under which it is reached: it is of use in this call only. */
function placeAt(path: string): string {
  const full = resolve(path);
  const folder = folderAt(dirname(full));
  return full === '/' ? placeIn(folder, '.') : placeIn(folder, basename(full));
}

/** Does something with the last name of a path. */
function at<T>(path: string, work: (place: string) => T): T {
  makeRoom();
  try {
    return work(placeAt(path));
  } catch (error) {
    throw named(error, path);
  }
}

/** An error says the path that we mean. */
function named(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('path' in error)) return error;
  const place = String(error.path);
  if (!place.startsWith('/proc/self/fd/')) return error;
  error.message = error.message.replaceAll(place, path);
  error.path = path;
  return error;
}

const isLink = (place: string): boolean =>
  fs.lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true;

/** An error as the system's own are. */
const systemError = (code: string, reason: string, path: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: ${reason}, '${path}'`), { code, path });

const othersLink = (code: string, path: string): NodeJS.ErrnoException =>
  systemError(code, 'a symbolic link that another user may have made', path);

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

/** Whether an error says that nothing is there, or that a folder on the way is none any more. */
export const isGone = (error: unknown): boolean => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

/** What some work gives; undefined where its error `isGone`. */
export function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** What is at a path, links not followed; undefined when nothing is. */
export const lstatIfThere = (path: string): Stats | undefined =>
  ifThere(() => at(path, (place) => fs.lstatSync(place, { throwIfNoEntry: false })));

/** With exact numbers: device and inode of one file are those of no other, and times are in nanoseconds. */
export const lstatExactly = (path: string): BigIntStats | undefined =>
  ifThere(() => at(path, (place) => fs.lstatSync(place, { bigint: true, throwIfNoEntry: false })));

/** Throws `ENOENT` when nothing is there. */
export const lstatSync = (path: string): Stats => at(path, (place) => fs.lstatSync(place));

export const readlinkSync = (path: string): string => at(path, (place) => fs.readlinkSync(place));

/** The names in a folder, in no order. */
export const readdirSync = (path: string): string[] =>
  at(join(path, '.names'), (place) => fs.readdirSync(dirname(place)));

/** The path that links in the last place lead to, as far as they are followed. */
function withTrustedLinks(path: string): string {
  makeRoom();
  let full = resolve(path);
  try {
    for (let links = 0; links < mostLinks; links += 1) {
      const folder = folderAt(dirname(full));
      const target = full === '/' ? undefined : trustedTarget(folder, basename(full));
      if (target === undefined) return full;
      full = join(through(folder, dirname(target), 1).path, basename(target));
    }
  } catch (error) {
    throw named(error, path);
  }
  throw othersLink('ELOOP', path);
}

/** What is at a path, links of root and of ours followed; undefined when nothing is. */
export const statIfThereSync = (path: string): Stats | undefined =>
  ifThere(() => lstatIfThere(withTrustedLinks(path)));

/** Opens what a path leads to, links of root and of ours followed; else as `openToRead`. */
export const openFollowed = (path: string): number => openToRead(withTrustedLinks(path));

/**
 * Opens a file to read: only a plain one, for a pipe would hang us, and a device do something.
 *
 * @returns the descriptor, to be closed, and what it is of
 * @throws `ELOOP` for a link, `EINVAL` for what is no plain file
 */
export const openPlain = (path: string): { readonly file: number; readonly stats: Stats } =>
  at(path, (place) => {
    const file = fs.openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = fs.fstatSync(file);
    if (stats.isFile()) return { file, stats };
    fs.closeSync(file);
    throw systemError('EINVAL', 'not a plain file', path);
  });

/** The descriptor of `openPlain` alone. */
export const openToRead = (path: string): number => openPlain(path).file;

/** A stream of the bytes of a plain file; it fails as `openFollowed` does. */
export const readStreamOf = (path: string, highWaterMark: number): ReadStream =>
  fs.createReadStream(path, {
    highWaterMark,
    fs: {
      open: (_: string, __: string, ___: number, opened: (error: unknown, file?: number) => void) => {
        try {
          opened(null, openFollowed(path));
        } catch (error) {
          opened(error);
        }
      },
      read: fs.read,
      close: fs.close,
    },
  });

/** Does something with a plain file that is open meanwhile; it fails as `openFollowed` does. */
function withFile<T>(path: string, work: (file: number) => T): T {
  const file = openFollowed(path);
  try {
    return work(file);
  } finally {
    fs.closeSync(file);
  }
}

/**
 * The bytes of a plain file; undefined when it is not there.
 *
 * @param limit the most bytes that it may have
 * @throws of `openFollowed`; `EFBIG` for one that is longer
 */
export const readBytesIfThereSync = (path: string, limit = Number.POSITIVE_INFINITY): Buffer | undefined =>
  ifThere(() =>
    withFile(path, (file) => {
      if (fs.fstatSync(file).size > limit) throw systemError('EFBIG', `more than ${limit} bytes`, path);
      return fs.readFileSync(file);
    }),
  );

/** The bytes of a plain file; undefined for one that has more than `most`. */
export const readShort = (path: string, most: number): Buffer | undefined =>
  withFile(path, (file) => (fs.fstatSync(file).size > most ? undefined : fs.readFileSync(file)));

/** The text of a plain file, as `readBytesIfThere` reads it. */
export const readTextIfThere = (path: string, limit?: number): string | undefined =>
  readBytesIfThereSync(path, limit)?.toString('utf8');

/** The bytes of a plain file. */
export const readBytesSync = (path: string): Buffer => withFile(path, (file) => fs.readFileSync(file));

/** Makes a file and opens it to read and write: what is there already, a link too, is an error. */
export const openNew = (path: string, mode: number): number =>
  at(path, (place) =>
    fs.openSync(place, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode),
  );

/** Makes a file, or empties the one that is there, and opens it to read and write: a link is an error. */
export const openEmpty = (path: string, mode: number): number =>
  at(path, (place) =>
    fs.openSync(place, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, mode),
  );

/** Opens a folder, to be flushed; the descriptor, to be closed. */
export const openFolder = (path: string): number =>
  at(join(path, '.folder'), (place) =>
    fs.openSync(dirname(place), constants.O_RDONLY | constants.O_DIRECTORY),
  );

/** Throws `EEXIST` when something is there. */
export const mkdirSync = (path: string, mode = 0o777): void =>
  at(path, (place) => fs.mkdirSync(place, { mode }));

/** Makes a folder and those above it; one that is there is fine. */
export function makeFolders(path: string, mode = 0o777): void {
  if (statIfThereSync(path)?.isDirectory() === true) return;
  if (dirname(path) !== path) makeFolders(dirname(path), mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // Another run of ours may have been quicker.
    if (codeOf(error) !== 'EEXIST' || lstatIfThere(path)?.isDirectory() !== true) throw error;
  }
}

export const symlinkSync = (target: string, path: string): void =>
  at(path, (place) => fs.symlinkSync(target, place));

export const linkSync = (from: string, to: string): void => both(from, to, fs.linkSync);

/** Renames; a folder that was known under either path is looked for anew. */
export const renameSync = (from: string, to: string): void => {
  both(from, to, fs.renameSync);
  closeAll();
};

function both(from: string, to: string, work: (from: string, to: string) => void): void {
  makeRoom();
  try {
    work(placeAt(from), placeAt(to));
  } catch (error) {
    throw named(error, from);
  }
}

export const unlinkSync = (path: string): void => at(path, (place) => fs.unlinkSync(place));

export const rmdirSync = (path: string): void => {
  at(path, (place) => fs.rmdirSync(place));
  closeAll();
};

/** Of a link, its own owner. */
export const lchownSync = (path: string, uid: number, gid: number): void =>
  at(path, (place) => fs.lchownSync(place, uid, gid));

/** Never of what a link leads to: for a link it is an error. */
export const chmodSync = (path: string, mode: number): void =>
  at(path, (place) => {
    const held = fs.openSync(place, openPath | constants.O_NOFOLLOW);
    try {
      if (fs.fstatSync(held).isSymbolicLink()) throw othersLink('ELOOP', path);
      chmodThrough(held, mode);
    } finally {
      fs.closeSync(held);
    }
  });

/** A descriptor that was opened for nothing else takes no fchmod(2). */
const chmodThrough = (held: number, mode: number): void => fs.chmodSync(`/proc/self/fd/${held}`, mode);

/** Of a link, its own times; in seconds. */
export const lutimesSync = (path: string, accessed: Date | number, modified: Date | number): void =>
  at(path, (place) => fs.lutimesSync(place, accessed, modified));

/** Copies the content of an open file to another one, by their descriptors; shares its blocks where the file system can. */
export const copyOpenFile = (source: number, target: number): void =>
  fs.copyFileSync(`/proc/self/fd/${source}`, `/proc/self/fd/${target}`, constants.COPYFILE_FICLONE);

/** Whether we may do something with it, by access(2); throws when not. */
export const accessSync = (path: string, mode: number): void =>
  at(join(path, '.access'), (place) => fs.accessSync(dirname(place), mode));

/**
 * Paths for another program, which stay what they are while it runs: each by the descriptor of its folder.
 *
 * @param work is given the place of each path whose folder is there
 */
export async function withPlaces<T>(
  paths: readonly string[],
  work: (places: ReadonlyMap<string, string>) => Promise<T>,
): Promise<T> {
  const held = new Map<string, number | undefined>();
  const places = new Map<string, string>();
  try {
    for (const path of paths) {
      const folder = dirname(path);
      if (!held.has(folder)) held.set(folder, heldFolder(folder));
      const descriptor = held.get(folder);
      if (descriptor !== undefined)
        places.set(path, `/proc/${process.pid}/fd/${descriptor}/${basename(path)}`);
    }
    return await work(places);
  } finally {
    for (const descriptor of held.values()) if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

const heldFolder = (path: string): number | undefined =>
  ifThere(() =>
    at(join(path, '.held'), (place) => fs.openSync(dirname(place), openPath | constants.O_DIRECTORY)),
  );

/**
 * Removes a file or a whole folder; one that is not there is fine. It follows no link, and does not leave the file system
 * that the folder is on. A folder of ours that lacks its owner's permissions, as applications set them (0555 of Drupal's
 * sites/default), is given them first.
 */
export async function removeTree(path: string): Promise<void> {
  const found = lstatIfThere(path);
  if (found === undefined) return;
  if (found.isDirectory()) {
    const held = at(path, (place) => fs.openSync(place, folderFlags));
    try {
      await emptyFolder(held, path, fs.fstatSync(held), createBreather());
    } finally {
      fs.closeSync(held);
    }
  }
  try {
    if (found.isDirectory()) rmdirSync(path);
    else unlinkSync(path);
  } catch (error) {
    // With ENOTDIR something else has come into its place.
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

async function emptyFolder(
  held: number,
  path: string,
  { dev, uid, mode }: Pick<Stats, 'dev' | 'uid' | 'mode'>,
  breathe: () => Promise<void>,
): Promise<void> {
  const folder = `/proc/self/fd/${held}`;
  if (uid === process.geteuid?.() && (mode & 0o700) !== 0o700) chmodThrough(held, (mode & 0o7777) | 0o700);
  try {
    for (const name of fs.readdirSync(folder)) {
      await breathe();
      const place = `${folder}/${name}`;
      const stats = fs.lstatSync(place, { throwIfNoEntry: false });
      if (stats?.isDirectory() !== true) {
        ifThere(() => fs.unlinkSync(place));
        continue;
      }
      if (stats.dev !== dev) throw systemError('EXDEV', 'another file system', join(path, name));
      const below = fs.openSync(place, folderFlags);
      try {
        await emptyFolder(below, join(path, name), fs.fstatSync(below), breathe);
      } finally {
        fs.closeSync(below);
      }
      fs.rmdirSync(place);
    }
  } catch (error) {
    throw named(error, path);
  }
}
