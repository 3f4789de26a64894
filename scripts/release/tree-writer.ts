import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, fstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unsound, type MajError } from '../errors.ts';
import { chmodSync, mkdirSync, openNew, renameSync, symlinkSync } from '../system/beneath.ts';
import { remove, writeWholeSync } from '../system/files.ts';
import type { RawEntry } from '../system/unpack.ts';
import { copyFile } from './copy-file.ts';
import type { ArchiveEntry, EntryProblem, EntryRules } from './entry-rules.ts';
import { linksLeadingOut } from './links.ts';
import type { ReleaseEntry } from './types.ts';

/** The refusal of a package for one of its entries, whose name may be anything: it is quoted. */
export function unsafe(file: string, entry: string, problem: EntryProblem): MajError {
  return unsound('package-unsafe', { package: file, entry: JSON.stringify(entry).slice(1, -1), problem });
}

/** Writes the entries of an archive under one folder. */
export class TreeWriter {
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
const safeTarget = (entry: ArchiveEntry): string =>
  (entry.target ?? '')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');

const types: Readonly<Record<string, ArchiveEntry['type']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  SymbolicLink: 'symlink',
  Link: 'hardlink',
};

const typeOf = (name: string): ArchiveEntry['type'] => types[name] ?? 'other';

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
