import { isUnprintable } from '../core/format.ts';

/** What an archive says of one of its entries. */
export interface PackageEntry {
  /** As it stands in the archive. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'symlink' | 'hardlink' | 'other';
  /** The archive's own word for the type. */
  readonly typeName: string;
  readonly mode: number;
  readonly bytes: number;
  /** What a link points to. */
  readonly target: string | undefined;
}

/** Why an entry of a package is refused. */
export type EntryProblem =
  | PathProblem
  | 'no-name'
  | 'type'
  | 'setuid'
  | 'same-name'
  | 'twice'
  | 'below-a-file'
  | 'link-out'
  | 'no-target'
  | 'hard-link'
  | 'too-many'
  | 'too-large'
  | 'too-tight';

type Checked =
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly problem: EntryProblem };

interface Seen {
  readonly path: string;
  type: PackageEntry['type'] | 'implied';
  readonly bytes: number;
}

/** The length of a link's target that Linux takes. */
const longestTarget = 4095;

/** Judges the entries of one archive in their order, remembering those before. */
export class EntryRules {
  readonly #limits: UnpackLimits;
  readonly #backslashes: boolean;
  /** By the form in which two names may be one on some file system: the name itself and what it is. */
  readonly #seen = new Map<string, Seen>();
  /** With the folders that are only implied by a path: they are made as well. */
  #entries = 0;
  /** With those that hard links stand for: they become copies. */
  #bytes = 0;

  /** @param options `backslashes`: whether names may hold them; in a zip archive some programs take them for slashes */
  constructor(limits: UnpackLimits, options: { readonly backslashes?: boolean } = {}) {
    this.#limits = limits;
    this.#backslashes = options.backslashes ?? true;
  }

  /** The path that the entry may be written under, or why it may not. */
  check(entry: PackageEntry): Checked {
    this.#entries += 1;
    this.#bytes += entry.bytes;
    const claimed = this.#beyond();
    if (claimed !== undefined) return { ok: false, problem: claimed };
    if (entry.type === 'other') return { ok: false, problem: 'type' };
    const safe = safePath(entry.path);
    if (!safe.ok) return safe;
    if (!this.#backslashes && safe.path.includes('\\')) return { ok: false, problem: 'backslash' };
    if ((entry.mode & 0o6000) !== 0) return { ok: false, problem: 'setuid' };
    if (safe.path === '')
      return entry.type === 'folder' ? { ok: true, path: '' } : { ok: false, problem: 'no-name' };
    const problem = this.#place(safe.path, entry) ?? this.#linkProblem(entry) ?? this.#beyond();
    return problem === undefined ? safe : { ok: false, problem };
  }

  #beyond(): EntryProblem | undefined {
    return tooFar(this.#limits, this.#entries, this.#bytes);
  }

  #place(path: string, { type, bytes }: PackageEntry): EntryProblem | undefined {
    const problem = this.#placeFolders(path);
    if (problem !== undefined) return problem;
    const known = this.#seen.get(collisionKey(path));
    if (known === undefined) {
      this.#seen.set(collisionKey(path), { path, type, bytes });
      return undefined;
    }
    if (known.path !== path) return 'same-name';
    if (type !== 'folder' || !isFolder(known)) return 'twice';
    if (known.type === 'implied') this.#entries -= 1;
    known.type = 'folder';
    return undefined;
  }

  /** The folders that a path lies in, from the top; none where the last one is known, and with it those above. */
  #placeFolders(path: string): EntryProblem | undefined {
    const segments = path.split('/').slice(0, -1);
    const last = segments.join('/');
    const parent = this.#seen.get(collisionKey(last));
    if (parent?.path === last && isFolder(parent)) return undefined;
    for (let depth = 1; depth <= segments.length; depth += 1) {
      const folder = segments.slice(0, depth).join('/');
      const known = this.#seen.get(collisionKey(folder));
      if (known === undefined) {
        this.#seen.set(collisionKey(folder), { path: folder, type: 'implied', bytes: 0 });
        this.#entries += 1;
      } else if (known.path !== folder) return 'same-name';
      else if (!isFolder(known)) return 'below-a-file';
    }
    return undefined;
  }

  #linkProblem(entry: PackageEntry): EntryProblem | undefined {
    if (entry.type === 'symlink') {
      const target = entry.target ?? '';
      if (target === '') return 'no-target';
      if (target.startsWith('/') || isWayOutByBackslash(target)) return 'link-out';
      if (Buffer.byteLength(target) > longestTarget) return 'name-length';
      if (target.split('/').length > mostSegments) return 'too-deep';
      if (target.includes('\ufffd')) return 'name-encoding';
      return isUnprintable(target) ? 'name-characters' : undefined;
    }
    if (entry.type !== 'hardlink') return undefined;
    const target = safePath(entry.target ?? '');
    const known = target.ok ? this.#seen.get(collisionKey(target.path)) : undefined;
    if (!target.ok || known?.path !== target.path || known.type !== 'file' || entry.bytes !== 0)
      return 'hard-link';
    this.#bytes += known.bytes;
    return undefined;
  }
}

const isFolder = ({ type }: Seen): boolean => type === 'folder' || type === 'implied';

/** Why a path may not be written. */
type PathProblem =
  'absolute' | 'parent' | 'name-characters' | 'name-encoding' | 'name-length' | 'too-deep' | 'backslash';

type SafePath =
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly problem: PathProblem };

/** Far deeper than real applications (node_modules in node_modules, and Java's packages, come to some 30). */
const mostSegments = 100;

/**
 * The path of an entry without `./` and a trailing slash, empty for the root itself; or why it may not be written.
 * Nothing is repaired: an archive that needs it was made by a mistake or on purpose.
 */
export function safePath(path: string): SafePath {
  if (path.startsWith('/')) return { ok: false, problem: 'absolute' };
  // An archive's name that is not UTF-8 has been decoded to this character: written, it would be another name.
  if (path.includes('\ufffd')) return { ok: false, problem: 'name-encoding' };
  // They would forge lines in lists, and names on terminals.
  if (isUnprintable(path)) return { ok: false, problem: 'name-characters' };
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) return { ok: false, problem: 'parent' };
  // A legal letter of a name here (systemd's units have it), but a slash to whoever carries the tree to another system.
  if (isWayOutByBackslash(path)) return { ok: false, problem: 'backslash' };
  // The limits of Linux file systems, in bytes.
  if (segments.some((segment) => Buffer.byteLength(segment) > 255) || Buffer.byteLength(path) > 4000)
    return { ok: false, problem: 'name-length' };
  if (segments.length > mostSegments) return { ok: false, problem: 'too-deep' };
  return { ok: true, path: segments.join('/') };
}

/** Whether a path leads out where a backslash is taken for a slash. */
const isWayOutByBackslash = (path: string): boolean =>
  path.includes('\\') && (/^(\\|[a-z]:)/i.test(path) || path.split(/[\\/]/).includes('..'));

/**
 * The form in which names that some file systems take for one are equal: without case, and composed. By way of the upper
 * case, for that is where `ß` meets `ss`, the long s meets `s`, and the two small sigmas meet.
 */
function collisionKey(path: string): string {
  return path.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}

/** How much a package may hold before it is taken for an attack or an accident. */
export interface UnpackLimits {
  readonly entries: number;
  /** Bytes of all files together. */
  readonly bytes: number;
  /** Bytes unpacked for each byte of the package, once `ratioFrom` bytes are unpacked. */
  readonly ratio: number;
  readonly ratioFrom: number;
}

/** Far above real applications: the largest seen are some 100,000 files, 1 GB, and pack to a fifth. */
export const packageLimits: UnpackLimits = {
  entries: 500_000,
  bytes: 20_000_000_000,
  ratio: 200,
  ratioFrom: 64_000_000,
};

/** The limit that a number of entries or bytes is beyond, if any. */
function tooFar(limits: UnpackLimits, entries: number, bytes: number): 'too-many' | 'too-large' | undefined {
  if (entries > limits.entries) return 'too-many';
  return bytes > limits.bytes ? 'too-large' : undefined;
}

/** Whether so few packed bytes turning into so many is beyond what real files do. */
export function tooTight(limits: UnpackLimits, packed: number, unpacked: number): boolean {
  return unpacked > limits.ratioFrom && unpacked > packed * limits.ratio;
}
