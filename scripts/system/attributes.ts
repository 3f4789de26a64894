import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { note, warn, type Context } from '../core/context.ts';
import { accessAcl, defaultAcl, type Attributes } from './acl.ts';
import { chmodSync, lstatIfThere, withPlaces } from './symlink-safe-fs.ts';
import { withoutOctal } from './files.ts';
import { runsAsRoot } from './process/identity.ts';
import { captureBytes, findProgram } from './process/processes.ts';

export const noAttributes: Attributes = new Map();

/** Signed by the kernel for one inode: of no use to a copy. */
const ofTheInode = new Set(['security.evm']);

/** Something with the names of those of its attributes that it did not get. */
export interface NotSet {
  readonly path: string;
  readonly names: readonly string[];
}

/**
 * Reads and sets extended attributes, for which Node has no call: with `getfattr` and `setfattr`, a process for some thousand
 * files. What it could not do it remembers.
 */
export interface AttributeKeeper {
  /** What has attributes among these paths of a tree; what is not there any more has none. Links are not followed. */
  read(root: string, paths: readonly string[]): Promise<ReadonlyMap<string, Attributes>>;
  /** Gives things of a tree these attributes, beside those that they have. After the owner: a change of that drops some. */
  set(root: string, wanted: ReadonlyMap<string, Attributes>): Promise<void>;
  /** Takes one attribute off things that have it. */
  remove(root: string, name: string, paths: readonly string[]): Promise<void>;
  /** Frees a new, empty folder of what it inherited of the one that it is in, as does all that is made in it. */
  removeInherited(folder: string): Promise<void>;
  /** Warns, with names, of all that was not read or not set; called once, at the end. */
  tell(): void;
}

/** How many things a warning names: it is read by somebody. */
const mostNamed = 5;

/**
 * What one process is given: Linux allows 2 MB of arguments and environment, and 128 KB of one argument; the folders are held
 * open meanwhile.
 */
const most = { paths: 8000, bytes: 512 * 1024, folders: 500 };

/** Finds the programs; without them, `read` finds out by `ls` what has an access control list. */
export async function attributeKeeper(context: Pick<Context, 'env' | 'report'>): Promise<AttributeKeeper> {
  const inEnglish = { env: { ...context.env, LC_ALL: 'C' } };
  const getter = await findProgram(context, 'getfattr');
  const setter = await findProgram(context, 'setfattr');
  const unread = new Tally<string>();
  const notSet = new Tally<NotSet>();
  let blind = false;

  const readSome = (root: string, paths: readonly string[]): Promise<Map<string, Attributes>> =>
    reaching(root, paths, async (places, pathOf) => {
      if (getter === undefined) {
        const { able, marked } = await markedByLs(inEnglish, places);
        blind = true;
        if (able) for (const place of marked) unread.add(pathOf(place));
        return new Map<string, Attributes>();
      }
      // Read with lgetxattr(2), which follows no link in the last place of a path.
      const args = ['-h', '-d', '-m', '-', '-e', 'base64', '--absolute-names', '--', ...places];
      const { code, stdout, stderr } = await captureBytes(inEnglish, getter, args);
      if (code !== 0) {
        for (const line of stderr.split('\n')) {
          const [, place = '', why = ''] = /^getfattr: (.*): ([^:]*)$/.exec(line) ?? [];
          if (line === '' || vanished.has(why)) continue;
          unread.add(place === '' ? line : pathOf(place), why);
        }
      }
      return new Map([...parseDump(stdout)].map(([place, attributes]) => [pathOf(place), attributes]));
    });

  const keeper: AttributeKeeper = {
    read: async (root, paths) => {
      const found = new Map<string, Attributes>();
      for (const some of inBatches(paths))
        for (const [path, attributes] of await readSome(root, some)) found.set(path, attributes);
      return found;
    },
    set: async (root, wanted) => {
      if (wanted.size === 0) return;
      if (setter === undefined) {
        for (const [path, attributes] of wanted) notSet.add({ path, names: [...attributes.keys()] });
        return;
      }
      const lockAgain = unlock(root, wanted);
      let why: string | undefined;
      for (const some of inBatches([...wanted.keys()])) {
        await reaching(root, some, async (places, pathOf) => {
          const input = dumpOf(places.map((place) => [place, wanted.get(pathOf(place)) ?? noAttributes]));
          const done = await captureBytes(inEnglish, setter, ['-h', '--restore=-'], { input });
          // It names files and reasons, not attributes.
          if (done.code !== 0) why ??= /: ([^:\n]*)$/.exec(done.stderr)?.[1] ?? '';
        });
      }
      lockAgain();
      if (why === undefined) return;
      const now = await keeper.read(root, [...wanted.keys()]);
      for (const [path, attributes] of wanted) {
        const names = [...attributes].flatMap(([name, value]) =>
          now.get(path)?.get(name)?.equals(value) === true ? [] : [name],
        );
        if (names.length > 0) notSet.add({ path, names }, why === '' ? null : why);
      }
    },
    remove: async (root, name, paths) => {
      if (setter === undefined) return;
      const inUtf8 = Buffer.from(name, 'latin1').toString('utf8');
      for (const some of inBatches(paths))
        await reaching(root, some, async (places) => {
          await captureBytes(inEnglish, setter, ['-h', '-x', inUtf8, '--', ...places]);
        });
    },
    removeInherited: async (folder) => {
      for (const name of [defaultAcl, accessAcl]) await keeper.remove(folder, name, ['.']);
    },
    tell: () => {
      if (unread.count > 0)
        warn(context, 'attributes-not-read', { paths: unread.first, count: unread.count, why: unread.why });
      else if (blind) note(context, 'attributes-not-looked-at', {});
      if (notSet.count > 0)
        warn(context, 'attributes-not-set', { things: notSet.first, count: notSet.count, why: notSet.why });
    },
  };
  return keeper;
}

/** Counts things, and keeps the first of them, and the first reason: none where the program is missing. */
class Tally<T> {
  readonly first: T[] = [];
  count = 0;
  why: string | null = null;

  add(thing: T, why: string | null = null): void {
    if (this.first.length < mostNamed) this.first.push(thing);
    this.why ??= why;
    this.count += 1;
  }
}

const vanished = new Set(['No such file or directory', 'Not a directory', 'No data available']);

/** One text for the same attributes, whatever their order. */
export function attributesSum(attributes: Attributes): string {
  const hash = createHash('sha256');
  for (const [name, value] of [...attributes].sort(byName))
    hash.update(`${name}\0${value.length}\0`, 'latin1').update(value);
  return hash.digest('hex');
}

const byName = ([a]: readonly [string, Buffer], [b]: readonly [string, Buffer]): number => (a < b ? -1 : 1);

function* inBatches(paths: readonly string[]): Generator<readonly string[]> {
  let some: string[] = [];
  let bytes = 0;
  const folders = new Set<string>();
  for (const path of paths) {
    const length = Buffer.byteLength(path) + 1;
    folders.add(dirname(path));
    const isFull = some.length === most.paths || bytes + length > most.bytes || folders.size > most.folders;
    if (some.length > 0 && isFull) {
      yield some;
      some = [];
      bytes = 0;
      folders.clear();
      folders.add(dirname(path));
    }
    some.push(path);
    bytes += length;
  }
  if (some.length > 0) yield some;
}

/**
 * Gives a program paths of a tree that others may write to, whatever they put in the place of its folders.
 *
 * @param work is given them, and what tells which path such a place is
 */
function reaching<T>(
  root: string,
  paths: readonly string[],
  work: (places: readonly string[], pathOf: (place: string) => string) => Promise<T>,
): Promise<T> {
  const byFull = new Map(paths.map((path) => [join(root, path), path]));
  return withPlaces([...byFull.keys()], (places) => {
    const byPlace = new Map([...places].map(([full, place]) => [place, byFull.get(full) ?? full]));
    return work([...byPlace.keys()], (place) => byPlace.get(place) ?? place);
  });
}

/** Reads what `getfattr --dump` prints: octal escapes stand for bytes in names, and values are in Base64. */
function parseDump(text: Buffer): Map<string, Attributes> {
  const found = new Map<string, Attributes>();
  let current = new Map<string, Buffer>();
  for (const line of text.toString('latin1').split('\n')) {
    if (line.startsWith(fileLine)) {
      current = new Map();
      found.set(Buffer.from(withoutOctal(line.slice(fileLine.length)), 'latin1').toString('utf8'), current);
    } else if (line !== '') {
      const equals = line.indexOf('=');
      const name = withoutOctal(equals < 0 ? line : line.slice(0, equals));
      const value = equals < 0 ? '' : line.slice(equals + 1).replace(/^0s/, '');
      if (!ofTheInode.has(name)) current.set(name, Buffer.from(value, 'base64'));
    }
  }
  for (const [path, attributes] of found) if (attributes.size === 0) found.delete(path);
  return found;
}

const fileLine = '# file: ';
const quoted = (text: string): string =>
  text.replaceAll(/[\n\r\\=]/g, (sign) => `\\${(sign.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`);

/** The same for `setfattr --restore`. */
function dumpOf(wanted: Iterable<readonly [string, Attributes]>): Buffer {
  const lines: string[] = [];
  for (const [path, attributes] of wanted) {
    lines.push(`${fileLine}${quoted(Buffer.from(path).toString('latin1'))}`);
    for (const [name, value] of attributes) lines.push(`${quoted(name)}=0s${value.toString('base64')}`);
    lines.push('');
  }
  return Buffer.from(`${lines.join('\n')}\n`, 'latin1');
}

/**
 * Lets the owner write to what is to get attributes of the class `user`: those of a file that its owner may not write to
 * only root may set (xattr(7)).
 *
 * @returns gives the modes back
 */
function unlock(root: string, wanted: ReadonlyMap<string, Attributes>): () => void {
  const modes = new Map<string, number>();
  for (const [path, attributes] of runsAsRoot() ? [] : wanted) {
    if (![...attributes.keys()].some((name) => name.startsWith('user.'))) continue;
    const full = join(root, path);
    const stats = lstatIfThere(full);
    if (stats === undefined || stats.isSymbolicLink() || (stats.mode & 0o200) !== 0) continue;
    try {
      chmodSync(full, (stats.mode & 0o7777) | 0o200);
      modes.set(full, stats.mode & 0o7777);
    } catch {
      // Of somebody else: that it cannot be set will be told.
    }
  }
  return () => {
    for (const [full, mode] of modes) chmodSync(full, mode);
  };
}

/** What has an access control list among these paths: GNU `ls` marks its mode with a plus; another one cannot tell. */
async function markedByLs(
  context: Pick<Context, 'env'>,
  places: readonly string[],
): Promise<{ readonly able: boolean; readonly marked: readonly string[] }> {
  const args = ['-ldnbU', '--time-style=+%s', '--', ...places];
  const { stdout } = await captureBytes(context, 'ls', args);
  const lines = stdout.toString('utf8').split('\n');
  return {
    able: lines.length > 1,
    marked: lines.flatMap((line) => /^\S{10}\+ +(?:\d+ +){5}(.*)$/.exec(line)?.[1] ?? []),
  };
}
