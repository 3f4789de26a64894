import { tooFar, type UnpackLimits } from './limits.ts';

/** What an archive says of one of its entries. */
export interface ArchiveEntry {
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
  | 'absolute'
  | 'parent'
  | 'no-name'
  | 'name-characters'
  | 'name-encoding'
  | 'name-length'
  | 'backslash'
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

/** Control characters: they would forge lines in lists and on terminals. */
// eslint-disable-next-line no-control-regex -- those are what is looked for
const controlCharacters = /[\u0000-\u001f\u007f]/;

/**
 * The path of an entry without `./` and a trailing slash, empty for the root itself; or why it may not be written.
 * Nothing is repaired: an archive that needs it was made by a mistake or on purpose.
 */
export function safePath(path: string): Checked {
  if (path.startsWith('/')) return { ok: false, problem: 'absolute' };
  // An archive's name that is not UTF-8 has been decoded to this character: written, it would be another name.
  if (path.includes('\ufffd')) return { ok: false, problem: 'name-encoding' };
  if (controlCharacters.test(path)) return { ok: false, problem: 'name-characters' };
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) return { ok: false, problem: 'parent' };
  // A legal letter of a name here (systemd's units have it), but a slash to whoever carries the tree to another system.
  if (isWayOutByBackslash(path)) return { ok: false, problem: 'backslash' };
  // The limits of Linux file systems, in bytes.
  if (segments.some((segment) => Buffer.byteLength(segment) > 255) || Buffer.byteLength(path) > 4000)
    return { ok: false, problem: 'name-length' };
  return { ok: true, path: segments.join('/') };
}

const isWayOutByBackslash = (path: string): boolean =>
  path.includes('\\') && (/^(\\|[a-z]:)/i.test(path) || path.split(/[\\/]/).includes('..'));

/** The length of a link's target that Linux takes. */
const longestTarget = 4095;

/** Judges the entries of one archive in their order, remembering those before. */
export class EntryRules {
  readonly #limits: UnpackLimits;
  readonly #backslashes: boolean;
  /** By the form in which two names may be one on some file system: the name itself and what it is. */
  readonly #seen = new Map<string, { readonly path: string; type: ArchiveEntry['type'] | 'implied' }>();
  #entries = 0;
  #bytes = 0;

  /** @param options `backslashes`: whether names may hold them; in a zip archive some programs take them for slashes */
  constructor(limits: UnpackLimits, options: { readonly backslashes?: boolean } = {}) {
    this.#limits = limits;
    this.#backslashes = options.backslashes ?? true;
  }

  /** The path that the entry may be written under, or why it may not. */
  check(entry: ArchiveEntry): Checked {
    this.#entries += 1;
    this.#bytes += entry.bytes;
    const beyond = tooFar(this.#limits, this.#entries, this.#bytes);
    if (beyond !== undefined) return { ok: false, problem: beyond };
    if (entry.type === 'other') return { ok: false, problem: 'type' };
    const safe = safePath(entry.path);
    if (!safe.ok) return safe;
    if (!this.#backslashes && safe.path.includes('\\')) return { ok: false, problem: 'backslash' };
    if ((entry.mode & 0o6000) !== 0) return { ok: false, problem: 'setuid' };
    if (safe.path === '')
      return entry.type === 'folder' ? { ok: true, path: '' } : { ok: false, problem: 'no-name' };
    const problem = this.#place(safe.path, entry.type) ?? this.#linkProblem(entry);
    return problem === undefined ? safe : { ok: false, problem };
  }

  #place(path: string, type: ArchiveEntry['type']): EntryProblem | undefined {
    const segments = path.split('/');
    for (let depth = 1; depth < segments.length; depth += 1) {
      const folder = segments.slice(0, depth).join('/');
      const known = this.#seen.get(collisionKey(folder));
      if (known === undefined) this.#seen.set(collisionKey(folder), { path: folder, type: 'implied' });
      else if (known.path !== folder) return 'same-name';
      else if (known.type !== 'folder' && known.type !== 'implied') return 'below-a-file';
    }
    const known = this.#seen.get(collisionKey(path));
    if (known === undefined) {
      this.#seen.set(collisionKey(path), { path, type });
      return undefined;
    }
    if (known.path !== path) return 'same-name';
    if (type !== 'folder' || (known.type !== 'folder' && known.type !== 'implied')) return 'twice';
    known.type = 'folder';
    return undefined;
  }

  #linkProblem(entry: ArchiveEntry): EntryProblem | undefined {
    if (entry.type === 'symlink') {
      const target = entry.target ?? '';
      if (target === '') return 'no-target';
      if (target.startsWith('/') || isWayOutByBackslash(target)) return 'link-out';
      if (Buffer.byteLength(target) > longestTarget) return 'name-length';
      if (target.includes('\ufffd')) return 'name-encoding';
      return controlCharacters.test(target) ? 'name-characters' : undefined;
    }
    if (entry.type !== 'hardlink') return undefined;
    const target = safePath(entry.target ?? '');
    const known = target.ok ? this.#seen.get(collisionKey(target.path)) : undefined;
    return target.ok && known?.path === target.path && known.type === 'file' && entry.bytes === 0
      ? undefined
      : 'hard-link';
  }
}

/**
 * The form in which names that some file systems take for one are equal: without case, and composed. By way of the upper
 * case, for that is where `ß` meets `ss`, the long s meets `s`, and the two small sigmas meet.
 */
function collisionKey(path: string): string {
  return path.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}
