/** Who may read, write and run a file: without setuid, setgid and the sticky bit. */
const anybody = 0o777;
/** The rights to write of everybody but the owner. */
const otherWriters = 0o022;

/** What decides the mode of a file that a release brings. */
export interface FileModeFacts {
  /** As the release has it. */
  readonly mode: number;
  /** Of the file that is installed under this path, where there is one. */
  readonly installed?: number | undefined;
  /** As the installed release brought that file, where that is known. */
  readonly released?: number | undefined;
  /** Of a new file: what somebody may do with any of the files here that the same account and group own, where there are some. */
  readonly usual?: number | undefined;
}

/**
 * The mode that a release's file gets: never a wider one than the file in its place has, nor, where it is new, than its like
 * have here. What somebody took away from the mode of the installed release stays away; where that mode is not known,
 * everything that the installed file does not allow. Nobody but the owner may write to a file of the release, unless that
 * was so here: the group is often the web server's. Pure.
 */
export function releasedFileMode({ mode, installed, released, usual }: FileModeFacts): number {
  const writable = mode & ~(otherWriters & ~(installed ?? 0));
  if (installed !== undefined) return writable & ~((released ?? anybody) & ~installed);
  return usual === undefined ? writable : writable & ~narrowing(usual);
}

/**
 * The mode that a new folder of a release gets: nobody but its owner may write to it, for the group is often the web server's, and
 * others may read and enter it only where that holds of some folder here that the same account and group own. Pure.
 */
export function newFolderMode({ mode, usual }: Pick<FileModeFacts, 'mode' | 'usual'>): number {
  return mode & ~otherWriters & ~(0o077 & ~(usual ?? anybody));
}

/** What a new file loses: what none of its like allows. Whoever may read it may run it, if the release says so. */
function narrowing(usual: number): number {
  const unread = ~usual & 0o444;
  return (~usual & 0o666) | (unread >> 2);
}
