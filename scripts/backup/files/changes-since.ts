import { closeSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import { dirname } from 'node:path/posix';
import { openPlain } from '../../system/symlink-safe-fs.ts';
import { stampOf, type Looked } from './file-stamps.ts';
import { walk, walkOrder, type Walked } from './walk.ts';
import type { ArchivedTree } from './write-archive.ts';

/** A thing as a second walk finds it. */
export interface FoundThing {
  readonly path: string;
  readonly isFolder: boolean;
  /** Undefined for what is not there any more by the time that it is looked at. */
  readonly stamp: string | undefined;
}

/** What a second look at a tree found to be otherwise than the first one, which was archived. */
export interface Changes<T extends FoundThing> {
  /** To be archived: what is new or has changed, and the folders in which something is cleared, each before that. */
  readonly late: readonly T[];
  /**
   * Paths at which nothing of the first archive may be when these are unpacked, in the order of the walk: what is gone, and
   * `late` but for the folders that were folders already. Folders come before what is in them.
   */
  readonly cleared: readonly string[];
}

/**
 * Compares a tree with what was archived of it. Only what has the very stamp counts as the same. A folder in which something is
 * cleared is archived again, for that changes its times; so is a further name of a file that was archived under another name
 * which no longer counts. Pure.
 *
 * @param before what was archived, in the order of a walk
 * @param now a walk
 */
export async function changesSince<T extends FoundThing>(
  before: AsyncIterable<Looked>,
  now: AsyncIterable<T>,
): Promise<Changes<T>> {
  const late: T[] = [];
  const cleared: string[] = [];
  /** Files whose first entry no longer counts: names that were archived as theirs do not either. */
  const stale = new Set<string>();
  /** The folders that the walk is in, and whether they are in `late`. */
  const above: { readonly found: T; isLate: boolean }[] = [];
  const clear = (path: string): void => {
    cleared.push(path);
    const folder = above.at(-1);
    if (folder?.found.path !== dirname(path) || folder.isLate) return;
    folder.isLate = true;
    late.push(folder.found);
  };
  for await (const { path, was, is } of pairs(before, now)) {
    while (above.length > 0 && !isBelow(above.at(-1)?.found.path ?? '.', path)) above.pop();
    const isSame = was !== undefined && is !== undefined && looksSame(was, is, stale);
    if (!isSame) {
      if (was?.listed.type !== 'folder' || is?.isFolder !== true) clear(path);
      if (was?.listed.type === 'file') stale.add(path);
      if (is !== undefined) late.push(is);
    }
    if (is?.isFolder === true) above.push({ found: is, isLate: !isSame });
  }
  return { late, cleared };
}

function looksSame({ stamp, listed }: Looked, is: FoundThing, stale: ReadonlySet<string>): boolean {
  if (stamp === null || stamp !== is.stamp) return false;
  return listed.type !== 'hardlink' || !stale.has(listed.target ?? '');
}

const isBelow = (folder: string, path: string): boolean =>
  folder === '.' ? path !== '.' : path.startsWith(`${folder}/`);

/** The things of two walks, each path once, in their order. */
async function* pairs<A extends { readonly path: string }, B extends { readonly path: string }>(
  before: AsyncIterable<A>,
  now: AsyncIterable<B>,
): AsyncGenerator<{ readonly path: string; readonly was: A | undefined; readonly is: B | undefined }> {
  const next = async <T extends { readonly path: string }>(
    walk: AsyncIterator<T>,
  ): Promise<{ readonly thing: T; readonly order: string } | undefined> => {
    const step = await walk.next();
    return step.done === true ? undefined : { thing: step.value, order: walkOrder(step.value.path) };
  };
  const walks = [before[Symbol.asyncIterator](), now[Symbol.asyncIterator]()] as const;
  try {
    let [was, is] = [await next(walks[0]), await next(walks[1])];
    while (was !== undefined || is !== undefined) {
      const takesWas = was !== undefined && (is === undefined || was.order <= is.order);
      const takesIs = is !== undefined && (was === undefined || is.order <= was.order);
      const pair = { was: takesWas ? was?.thing : undefined, is: takesIs ? is?.thing : undefined };
      yield { path: pair.was?.path ?? pair.is?.path ?? '.', ...pair };
      if (takesWas) was = await next(walks[0]);
      if (takesIs) is = await next(walks[1]);
    }
  } finally {
    // Whoever stops reading lets go of the files that are read.
    for (const walk of walks) await walk.return?.();
  }
}

/** A thing as a second walk finds it, with what it takes to archive it. */
export interface FoundAgain extends FoundThing {
  readonly walked: Walked;
}

/** Walks a tree to compare it with what was archived of it. */
export async function* lookAgain({ root, leaveOut }: ArchivedTree): AsyncGenerator<FoundAgain> {
  for await (const walked of walk(root, leaveOut)) {
    const { path, stats } = walked;
    const stamp = stats.isFile() ? stampOfFile(join(root, path)) : stampOf(stats);
    yield { path, isFolder: stats.isDirectory(), stamp, walked };
  }
}

/**
 * A network file system answers `stat` from what it remembers, for up to a minute (nfs(5), acregmax), while another machine
 * writes: only of a file that is opened it asks its server. Undefined where it cannot be opened: whoever archives it says why.
 */
function stampOfFile(path: string): string | undefined {
  try {
    const { file } = openPlain(path);
    try {
      return stampOf(fstatSync(file, { bigint: true }));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
