import { basename, dirname, join } from 'node:path';
import type { Context } from '../core/context.ts';
import { exists, mountPoints, namesIn } from '../system/files.ts';
import { placesOf } from './places.ts';
import type { Places } from './types.ts';

/** A tree of the application that a switch or a restore put aside. */
export interface OldTree {
  /** Absolute. */
  readonly path: string;
  /** When it was put aside; ISO 8601. */
  readonly since: string;
}

/** What the decision which old trees expire rests on. */
export interface OldTreeFacts {
  readonly trees: readonly OldTree[];
  /** The tree that runs, and those that a way back needs. */
  readonly needed: readonly string[];
  /** Folders that something is mounted on: what lies there is somebody else's. */
  readonly mounted: ReadonlySet<string>;
  /** When the newest proven backup was taken; undefined where none is proven: then nothing expires. */
  readonly newestProven: string | undefined;
  readonly days: number;
}

const dayMs = 24 * 3_600_000;

/** The old trees that may go: as old as backups are when they may. Pure. */
export function expiredTrees({ trees, needed, mounted, newestProven, days }: OldTreeFacts): string[] {
  if (newestProven === undefined) return [];
  const oldest = Date.parse(newestProven) - days * dayMs;
  return trees
    .filter(({ since }) => Date.parse(since) < oldest)
    .map(({ path }) => path)
    .filter((path) => !needed.some((other) => isWithin(path, other)) && !hasMount(path, mounted));
}

/** Whether something is mounted on a tree, or within. */
const hasMount = (tree: string, mounted: ReadonlySet<string>): boolean =>
  [...mounted].some((point) => isWithin(tree, point));

const isWithin = (tree: string, path: string): boolean => path === tree || path.startsWith(`${tree}/`);

/**
 * The old trees that are there: those that a journal says a switch put aside, and those that `asideName` names. Only
 * what is in our own area, or among the releases, counts.
 *
 * @param switched what journals name
 */
export async function oldTrees(
  context: Pick<Context, 'config' | 'projectDir'>,
  switched: readonly OldTree[],
): Promise<OldTree[]> {
  const places = await placesOf(context);
  const ours = [places.area, ...(places.releases === undefined ? [] : [places.releases])];
  const trees: OldTree[] = [];
  for (const tree of switched)
    if (ours.includes(dirname(tree.path)) && (await exists(tree.path))) trees.push(tree);
  for (const folder of ownFolders(places))
    for (const name of await namesIn(folder)) {
      const since = asideSince(name);
      if (since !== undefined) trees.push({ path: join(folder, name), since });
    }
  return trees;
}

/** Where a tree waits for its removal: within our area on its own file system. */
export const treeTrash = (places: Places, tree: string): string =>
  join(dirname(tree) === places.releases ? places.area : dirname(tree), 'trash');

/** The trees in the trash. */
export async function trashedTrees(context: Pick<Context, 'config' | 'projectDir'>): Promise<string[]> {
  const places = await placesOf(context);
  const mounted = await mountPoints();
  const trees: string[] = [];
  for (const area of ownFolders(places)) {
    const trash = join(area, 'trash');
    trees.push(...(await namesIn(trash)).map((name) => join(trash, name)));
  }
  return trees.filter((tree) => !hasMount(tree, mounted));
}

/** Where `restoreFiles` puts the tree that it replaces: beside all of APP_DIR, in both layouts. */
function besideApplication(places: Places): string {
  const root = places.layout === 'in-place' ? places.entry : dirname(places.entry);
  return join(dirname(root), `.${basename(root)}.maj`);
}

/** Our folders for trees: that of the switches, and that of restores. */
const ownFolders = (places: Places): ReadonlySet<string> => new Set([places.area, besideApplication(places)]);

/**
 * The name of what is put aside (`replaced-20261122T101530123Z`), and expires as backups do: the tree that a restore replaced,
 * or what was written to one that a way back removed.
 */
export const asideName = (what: 'replaced' | 'written', at: Date): string =>
  `${what}-${at.toISOString().replaceAll(/[-:.]/g, '')}`;

/** The time in such a name, in ISO 8601; undefined for other names. */
function asideSince(name: string): string | undefined {
  const match = /^(?:replaced|written)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(name);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, ms] = match;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`;
}
