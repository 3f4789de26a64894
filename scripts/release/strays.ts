import { basename, join, relative } from 'node:path';
import { renameSync, rmdirSync } from '../system/beneath.ts';
import { fileFailed, namesIn, syncFolder, systemErrorCode } from '../system/files.ts';
import { entryAt } from './tree.ts';
import type { SwitchPlan } from './types.ts';

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
export async function settleAfterSwitch(plan: SwitchPlan): Promise<readonly string[]> {
  const { live, persistent } = placesOf(plan);
  const { kept } = plan;
  const made: readonly Stray[] =
    kept === null || live === undefined
      ? []
      : persistent.map((place) => ({ path: join(kept, relative(live, place)), place }));
  return [...(await bringBack(made)), ...(await settleInTheWay(plan))];
}

/** The same after a switch was taken back: what was in the way of that has been put aside. */
export const settleAfterUndo = (plan: SwitchPlan): Promise<readonly string[]> => settleInTheWay(plan);

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
