import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, fstatSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DamagedArchive } from '../archive/byte-reader.ts';
import { copyFile } from '../archive/copy-file.ts';
import { readPackedArchive } from '../archive/packed-archive.ts';
import type { RawEntry } from '../archive/unpack.ts';
import { createBreather } from '../core/clock.ts';
import { stopIfInterrupted, type Context, type TellProgress } from '../core/context.ts';
import { unsound, MajError } from '../core/errors.ts';
import { chmodSync, mkdirSync, openNew, renameSync, symlinkSync } from '../system/symlink-safe-fs.ts';
import { fileFailed, privateFolder, remove, systemErrorCode, writeWholeSync } from '../system/files.ts';
import {
  packageLimits,
  tooTight,
  type EntryProblem,
  EntryRules,
  type PackageEntry,
  type UnpackLimits,
} from './entry-rules.ts';
import { packingOf } from './package-formats.ts';
import type { ReleaseEntry } from './types.ts';

/** A package as it lies unpacked. */
export interface Unpacked {
  readonly entries: readonly ReleaseEntry[];
  /** The SHA-256 of the package as it was unpacked. */
  readonly sha256: string;
}

/**
 * Unpacks a package into a new folder, and writes nowhere else: no name leaves the folder, links are made last (so
 * that nothing is written through one) and lead nowhere but into it, no devices, no setuid, bounded in number and
 * size. A single folder at the top of the archive, as in `app-1.1.0/`, is taken off.
 *
 * Times of files are those of unpacking: PHP's opcache tells a changed file by its time, and packages built
 * reproducibly give every version the same.
 *
 * @param into the folder to make, with the mode that the package gives its top, else 0755: others are kept out by the folder
 *   that it lies in. Removed again when the package is refused
 * @param marker the file that tells the top of the application: APP_VERSION_FILE
 * @throws MajError `package-unsafe`, `package-damaged` (exit 4), `file-failed` (exit 3)
 */
export async function unpackPackage(
  context: Context,
  file: string,
  into: string,
  marker: string,
  progress: TellProgress = () => undefined,
  limits: UnpackLimits = packageLimits,
): Promise<Unpacked> {
  try {
    mkdirSync(into, privateFolder);
    const packing = packingOf(file);
    const rules = new EntryRules(limits, { backslashes: packing !== 'zip' });
    const tree = new TreeWriter(into, file, rules);
    const sha256 = await readPackedArchive(
      context,
      file,
      packing,
      into,
      (entry) => tree.add(entry),
      (packed, unpacked) => {
        stopIfInterrupted(context);
        if (tooTight(limits, packed, unpacked)) throw unsafe(file, basename(file), 'too-tight');
        progress(unpacked);
      },
    );
    const breathe = createBreather();
    const entries = await tree.finish(marker, async () => {
      await breathe();
      stopIfInterrupted(context);
    });
    return { entries, sha256 };
  } catch (error) {
    await remove(into);
    throw unpackError(file, into, error);
  }
}

function unpackError(file: string, into: string, error: unknown): unknown {
  if (error instanceof MajError) return error;
  if (error instanceof DamagedArchive)
    return unsound('package-damaged', { path: file, reason: error.message }, { cause: error });
  return systemErrorCode(error) === undefined ? error : fileFailed(into, 'unpacked into', error);
}

/** The refusal of a package for one of its entries, whose name may be anything: it is quoted. */
function unsafe(file: string, entry: string, problem: EntryProblem): MajError {
  return unsound('package-unsafe', { package: file, entry: JSON.stringify(entry).slice(1, -1), problem });
}

/** Writes the entries of an archive under one folder. */
class TreeWriter {
  readonly #root: string;
  readonly #package: string;
  readonly #rules: EntryRules;
  readonly #files = new Map<string, ReleaseEntry>();
  readonly #modes = new Map<string, number>();
  readonly #links = new Map<string, string>();
  readonly #made = new Set<string>(['']);

  constructor(root: string, file: string, rules: EntryRules) {
    this.#root = root;
    this.#package = file;
    this.#rules = rules;
  }

  async add(raw: RawEntry): Promise<void> {
    const entry = { ...raw, type: typeOf(raw.typeName) };
    const checked = this.#rules.check(entry);
    if (!checked.ok) throw unsafe(this.#package, entry.path, checked.problem);
    const path = checked.path;
    if (entry.type === 'folder') {
      await this.#folder(path);
      // Set last: a folder that may not be written to could not be filled.
      this.#modes.set(path, (entry.mode & 0o775) | 0o700);
      return;
    }
    await this.#folder(folderOf(path));
    if (entry.type === 'symlink') this.#links.set(path, entry.target ?? '');
    else if (entry.type === 'hardlink') this.#copy(path, safeTarget(entry));
    else this.#files.set(path, await this.#file(path, raw));
  }

  /** Makes links, with `breathe` between two, and sets modes, takes off a single folder at the top; what there is then. */
  async finish(marker: string, breathe: () => Promise<void>): Promise<readonly ReleaseEntry[]> {
    const top = topFolder([...this.#files.keys(), ...this.#links.keys()], marker);
    const strip = (path: string): string => path.slice(top === '' ? 0 : top.length + 1);
    const links = new Map([...this.#links].map(([path, target]) => [strip(path), target]));
    const leadsOut = linksLeadingOut(links);
    for (const [path, target] of links) {
      await breathe();
      if (leadsOut(path)) throw unsafe(this.#package, `${path} -> ${target}`, 'link-out');
    }
    for (const [path, target] of this.#links) symlinkSync(target, join(this.#root, path));
    for (const path of this.#made) {
      // Of folders that the archive does not name, the top above all, the umask is not to decide: they may be public.
      if (path !== '' || top === '') chmodSync(join(this.#root, path), this.#modes.get(path) ?? 0o755);
    }
    if (top !== '') await this.#liftOut(top);
    return [
      ...[...this.#made].filter((path) => path !== '' && path !== top).map(folderEntry),
      ...this.#files.values(),
      ...[...this.#links].map(([path, target]): ReleaseEntry => ({ type: 'link', path, target })),
    ].map((entry) => ({ ...entry, path: strip(entry.path) }));
  }

  async #folder(path: string): Promise<void> {
    if (this.#made.has(path)) return;
    await this.#folder(folderOf(path));
    mkdirSync(join(this.#root, path), 0o755);
    this.#made.add(path);
  }

  async #file(path: string, raw: RawEntry): Promise<ReleaseEntry> {
    const hash = createHash('sha256');
    let mode: number;
    // A name that is there already was missed by the rules, and must not be written through.
    // Synchronous: a package has thousands of small files, and each call by way of the thread pool takes longer than
    // the work itself.
    const file = openNew(join(this.#root, path), 0o600);
    try {
      for await (const chunk of raw.content) {
        hash.update(chunk);
        writeWholeSync(file, chunk);
      }
      fchmodSync(file, (raw.mode & 0o775) | 0o600);
      // What came of it: not every file system has modes.
      mode = fstatSync(file).mode & 0o7777;
    } finally {
      closeSync(file);
    }
    return { type: 'file', path, bytes: raw.bytes, sha256: hash.digest('hex'), mode };
  }

  /** A hard link becomes a copy: two names for one file would change together when one is edited. */
  #copy(path: string, target: string): void {
    const original = this.#files.get(target);
    if (original === undefined) throw unsafe(this.#package, path, 'hard-link');
    copyFile(join(this.#root, target), join(this.#root, path));
    this.#files.set(path, { ...original, path });
  }

  async #liftOut(top: string): Promise<void> {
    const beside = `${this.#root}.top`;
    await remove(beside);
    renameSync(join(this.#root, top), beside);
    await remove(this.#root);
    renameSync(beside, this.#root);
  }
}

const folderOf = (path: string): string => (path.includes('/') ? dirname(path) : '');
const folderEntry = (path: string): ReleaseEntry => ({ type: 'folder', path });
const safeTarget = (entry: PackageEntry): string =>
  (entry.target ?? '')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');

const types: Readonly<Record<string, PackageEntry['type']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  SymbolicLink: 'symlink',
  Link: 'hardlink',
};

const typeOf = (name: string): PackageEntry['type'] => types[name] ?? 'other';

/** The one folder that everything in the archive lies in, if the application's top is there; else the empty text. */
function topFolder(paths: readonly string[], marker: string): string {
  const tops = new Set(paths.map((path) => path.split('/')[0] ?? ''));
  const [only] = tops;
  return tops.size === 1 &&
    only !== undefined &&
    !paths.includes(marker) &&
    paths.includes(`${only}/${marker}`)
    ? only
    : '';
}

/** The number of links that the kernel follows in one path before it gives up (path_resolution(7)). */
const mostHops = 40;

/** A folder that links lie in, or a link itself. */
interface Node {
  readonly parent: Node | undefined;
  readonly children: Map<string, Node>;
  target: string | undefined;
  /** Where the link leads, once that is known: many links lead along the same ones. */
  end: End | undefined;
}

/** Where a path leads: a folder that links lie in, or so many folders below it, in which there are none. */
interface End {
  readonly node: Node;
  readonly below: number;
  /** How many links were followed. */
  readonly hops: number;
}

/**
 * Tells which symbolic links of a tree lead out of it, or round in a circle. Resolved step by step as the kernel would,
 * for `..` behind another link means that link's target's parent: `a/b/up -> ../..` makes `a/b/up/..` lie outside,
 * though its text does not say so. What is not there counts as an ordinary folder.
 *
 * A step takes the same time at every depth, and a link that does not lead out is followed once: a package may hold
 * hundreds of thousands, along each other.
 *
 * @param links what each link of the tree points to, by its path in the tree
 * @returns whether the link of a path leads out
 */
export function linksLeadingOut(links: ReadonlyMap<string, string>): (path: string) => boolean {
  const root = emptyNode(undefined);
  for (const [path, target] of links) nodeAt(root, path).target = target;
  return (path) => walk(root, path, 0) === undefined;
}

const emptyNode = (parent: Node | undefined): Node => ({
  parent,
  children: new Map(),
  target: undefined,
  end: undefined,
});

function nodeAt(root: Node, path: string): Node {
  let node = root;
  for (const name of path.split('/')) {
    const child = node.children.get(name) ?? emptyNode(node);
    node.children.set(name, child);
    node = child;
  }
  return node;
}

/** Where a path leads from a folder; undefined when that is out of the tree, or further than the kernel follows. */
function walk(from: Node, path: string, hopsBefore: number): End | undefined {
  if (hopsBefore > mostHops || path.startsWith('/')) return undefined;
  let [node, below, hops] = [from, 0, 0];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (below > 0) below -= 1;
      else if (node.parent === undefined) return undefined;
      else node = node.parent;
      continue;
    }
    const child: Node | undefined = below > 0 ? undefined : node.children.get(name);
    if (child === undefined) {
      below += 1;
      continue;
    }
    if (child.target === undefined) {
      node = child;
      continue;
    }
    child.end ??= walk(node, child.target, hopsBefore + hops + 1);
    if (child.end === undefined) return undefined;
    hops += child.end.hops + 1;
    if (hopsBefore + hops > mostHops) return undefined;
    ({ node, below } = child.end);
  }
  return { node, below, hops };
}
