import { isUnprintable } from '../system/printable.ts';

/** Why a path may not be written. */
export type PathProblem =
  'absolute' | 'parent' | 'name-characters' | 'name-encoding' | 'name-length' | 'too-deep' | 'backslash';

type SafePath =
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly problem: PathProblem };

/** Far deeper than real applications (node_modules in node_modules, and Java's packages, come to some 30). */
export const mostSegments = 100;

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
export const isWayOutByBackslash = (path: string): boolean =>
  path.includes('\\') && (/^(\\|[a-z]:)/i.test(path) || path.split(/[\\/]/).includes('..'));

/**
 * The form in which names that some file systems take for one are equal: without case, and composed. By way of the upper
 * case, for that is where `ß` meets `ss`, the long s meets `s`, and the two small sigmas meet.
 */
export function collisionKey(path: string): string {
  return path.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}
