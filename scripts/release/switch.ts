import { basename, dirname, join, relative } from 'node:path';
import { notRolledBack } from '../core/errors.ts';
import { lstatIfThere, makeFolders, renameSync, rmdirSync, symlinkSync } from '../system/symlink-safe-fs.ts';
import {
  fileFailed,
  makePrivateFolder,
  namesIn,
  remove,
  removeWritten,
  renameDurably,
  syncFolder,
  systemErrorCode,
  writeDurably,
} from '../system/files.ts';
import { linkTarget } from './places.ts';
import { entryAt } from './tree.ts';
import type { Move, SwitchPlan } from './types.ts';

/**
 * Does the moves of a switch that are not done yet, in order. What was done is read from the disk, so that a switch
 * that was killed anywhere is completed by calling this again.
 *
 * @returns where things are that the application made meanwhile, and that could not be put where they belong
 * @throws MajError `file-failed` when a move cannot be done; those before it stay done, `undoMoves` takes them back
 */
export async function applyMoves(plan: SwitchPlan): Promise<readonly string[]> {
  const done = countDone(plan);
  for (const staged of stagedTrees(plan)) await writeDurably(moveMark(staged), '');
  for (const move of plan.moves.slice(done)) {
    if (move.kind === 'link') await setLink(move.path, move.after);
    else {
      // Only a place in public can be taken: by an application that runs although it should not.
      if (move.witness === 'from') await clearAway(move.to, plan.strays);
      await renameDurably(move.from, move.to);
    }
  }
  await takeMarkOff(plan);
  return settleAfterSwitch(plan);
}

/**
 * Takes back the moves that are done, last first; the same from any point, and when called again.
 *
 * @returns where files are that the application had made anew in the places of moved ones, and that could not be put
 *   back among them
 * @throws MajError `switch-lost` (exit 11) when the old tree is no longer there; nothing is moved then
 */
export async function undoMoves(plan: SwitchPlan): Promise<readonly string[]> {
  const done = countDone(plan);
  const switched = done === plan.moves.length && plan.kept !== null;
  if (switched && inodeOf(plan.kept ?? '') === undefined)
    throw notRolledBack('switch-lost', { kept: plan.kept ?? '' });
  for (const move of plan.moves.slice(0, done).reverse()) {
    if (move.kind === 'link') await setLink(move.path, move.before);
    else {
      await clearAway(move.from, plan.strays);
      await renameDurably(move.to, move.from);
    }
  }
  await takeMarkOff(plan);
  return settleInTheWay(plan);
}

/** The file that says: this staged tree may hold files of the live one, moved there; it must not be removed. */
export const moveMark = (staged: string): string => `${staged}.moving`;

/** The staged trees of a plan: what arrives. */
const stagedTrees = (plan: SwitchPlan): readonly string[] =>
  plan.moves.flatMap((move) => (move.kind === 'rename' && move.witness === 'from' ? [move.from] : []));

async function takeMarkOff(plan: SwitchPlan): Promise<void> {
  for (const staged of stagedTrees(plan)) await removeWritten(moveMark(staged));
}

/**
 * How many moves are done. Looked for from the last one back: moves are done in order, so those before a done one are
 * done, while their own traces may be gone (a persistent path has moved on together with its new tree).
 */
const countDone = ({ moves, oldInode }: SwitchPlan): number =>
  moves.findLastIndex((move) => isDone(move, oldInode)) + 1;

function isDone(move: Move, oldInode: number | null): boolean {
  if (move.kind === 'link') return linkTarget(move.path) === move.after;
  if (move.witness === 'to') return inodeOf(move.to) !== undefined;
  const arrived = inodeOf(move.to);
  // A staged tree may be gone because it was removed, not moved: then the old one is still in its place.
  return inodeOf(move.from) === undefined && arrived !== undefined && arrived !== oldInode;
}

/** The inode of what is under a path, links not followed: one that leads nowhere is there all the same. */
function inodeOf(path: string): number | undefined {
  try {
    return lstatIfThere(path)?.ino;
  } catch (error) {
    throw fileFailed(path, 'looked at', error);
  }
}

/** Moves what stands in the way to the strays; nothing is ever overwritten or dropped. */
export async function clearAway(path: string, strays: string): Promise<void> {
  if (inodeOf(path) === undefined) return;
  await makePrivateFolder(strays);
  let target = join(strays, basename(path));
  for (let number = 2; inodeOf(target) !== undefined; number += 1)
    target = join(strays, `${basename(path)}-${number}`);
  await renameDurably(path, target);
}

/** Points a link elsewhere in one step: the web server sees the old one or the new one. */
async function setLink(path: string, target: string | null): Promise<void> {
  if (target === null) return remove(path);
  const temporary = `${path}.maj-new`;
  try {
    await remove(temporary);
    makeFolders(dirname(path));
    symlinkSync(target, temporary);
    renameSync(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw fileFailed(path, `pointed to ${target}`, error);
  }
}

/**
 * Files that an application made, although it should have been kept out, in the place of a persistent path that was just
 * on its way: its uploads. They are moved to where they belong; what is there under that name already stays, and the
 * other is kept where it is and told.
 */
interface Stray {
  readonly path: string;
  readonly place: string;
}

/** What a switch in place moves, in the tree that runs: that tree itself, and the persistent paths in it. */
function placesOf(plan: SwitchPlan): {
  readonly live: string | undefined;
  readonly persistent: readonly string[];
} {
  const away = plan.moves.flatMap((move) =>
    move.kind === 'rename' && move.witness === 'to' ? [{ from: move.from, live: move.to === plan.kept }] : [],
  );
  return {
    live: away.find(({ live }) => live)?.from,
    persistent: away.filter(({ live }) => !live).map(({ from }) => from),
  };
}

/**
 * After a switch: brings what was made anew in the old tree, in place of what had moved on, into the new one.
 *
 * @returns what could not be brought back, and everything else that was in the way: absolute paths
 */
async function settleAfterSwitch(plan: SwitchPlan): Promise<readonly string[]> {
  const { live, persistent } = placesOf(plan);
  const { kept } = plan;
  const made: readonly Stray[] =
    kept === null || live === undefined
      ? []
      : persistent.map((place) => ({ path: join(kept, relative(live, place)), place }));
  return [...(await bringBack(made)), ...(await settleInTheWay(plan))];
}

/** The same after a switch was taken back: what was in the way of that has been put aside. */
async function settleInTheWay(plan: SwitchPlan): Promise<readonly string[]> {
  const { live, persistent } = placesOf(plan);
  const made = (await inTheWay(plan)).flatMap((path): readonly Stray[] => {
    const isOf = (place: string | undefined): boolean =>
      place !== undefined && [basename(path), basename(path).replace(/-\d+$/, '')].includes(basename(place));
    const own = persistent.filter(isOf);
    if (live !== undefined && isOf(live) && own.length === 0)
      return persistent.map((place) => ({ path: join(path, relative(live, place)), place }));
    // Two persistent paths may be called alike; then it is not guessed.
    return own.length === 1 ? own.map((place) => ({ path, place })) : [];
  });
  await bringBack(made);
  for (const path of await inTheWay(plan)) await removeEmpty(path);
  return inTheWay(plan);
}

/** Removes a folder if it holds nothing, or only such folders. */
async function removeEmpty(path: string): Promise<void> {
  if (entryAt(path, '')?.type !== 'folder') return;
  for (const name of await namesIn(path)) await removeEmpty(join(path, name));
  try {
    rmdirSync(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOTEMPTY') throw fileFailed(path, 'removed', error);
  }
}

const inTheWay = async ({ strays }: SwitchPlan): Promise<readonly string[]> =>
  (await namesIn(strays)).map((name) => join(strays, name));

async function bringBack(made: readonly Stray[]): Promise<readonly string[]> {
  const left: string[] = [];
  for (const { path, place } of made) left.push(...(await merge(path, place)));
  return left;
}

/** Moves a thing to its place, or, where both are folders, what the one there lacks; what stays where it was. */
async function merge(path: string, place: string): Promise<readonly string[]> {
  const [stray, there] = [entryAt(path, ''), entryAt(place, '')];
  if (stray === undefined) return [];
  try {
    if (there === undefined) {
      renameSync(path, place);
      return [];
    }
    if (stray.type !== 'folder' || there.type !== 'folder') return [path];
    const left: string[] = [];
    for (const name of await namesIn(path)) left.push(...(await merge(join(path, name), join(place, name))));
    await syncFolder(place);
    if (left.length === 0) rmdirSync(path);
    return left;
  } catch (error) {
    // A disk that is mounted within, or a folder that may not be written to: it is safe where it is.
    if (['EXDEV', 'EACCES', 'EPERM', 'ENOTEMPTY'].includes(systemErrorCode(error) ?? '')) return [path];
    throw fileFailed(path, `moved to ${place}`, error);
  }
}
