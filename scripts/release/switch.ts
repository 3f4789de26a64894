import { basename, dirname, join } from 'node:path';
import { notRolledBack } from '../errors.ts';
import { lstatIfThere, makeFolders, renameSync, symlinkSync } from '../system/beneath.ts';
import {
  fileFailed,
  makePrivateFolder,
  remove,
  removeWritten,
  renameDurably,
  syncFolder,
  writeDurably,
} from '../system/files.ts';
import { linkTarget } from './places.ts';
import { settleAfterSwitch, settleAfterUndo } from './strays.ts';
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
  await setMark(plan);
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
  return settleAfterUndo(plan);
}

/** The file that says: this staged tree may hold files of the live one, moved there; it must not be removed. */
export const moveMark = (staged: string): string => `${staged}.moving`;

/** The staged trees of a plan: what arrives. */
const stagedTrees = (plan: SwitchPlan): readonly string[] =>
  plan.moves.flatMap((move) => (move.kind === 'rename' && move.witness === 'from' ? [move.from] : []));

async function setMark(plan: SwitchPlan): Promise<void> {
  for (const staged of stagedTrees(plan)) await writeDurably(moveMark(staged), '');
}

async function takeMarkOff(plan: SwitchPlan): Promise<void> {
  for (const staged of stagedTrees(plan)) await removeWritten(moveMark(staged));
}

/**
 * How many moves are done. Looked for from the last one back: moves are done in order, so those before a done one are
 * done, while their own traces may be gone (a persistent path has moved on together with its new tree).
 */
function countDone({ moves, oldInode }: SwitchPlan): number {
  for (let count = moves.length; count > 0; count -= 1) {
    const move = moves[count - 1];
    if (move !== undefined && isDone(move, oldInode)) return count;
  }
  return 0;
}

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
async function clearAway(path: string, strays: string): Promise<void> {
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
