import { join, relative } from 'node:path';
import type { Move, Places, SwitchPlan } from './types.ts';

/** What a switch is planned from. */
export interface SwitchFacts {
  readonly places: Places;
  readonly runId: string;
  /** The staged tree. */
  readonly staged: string;
  /** The name of the new tree among the releases. */
  readonly version: string;
  /** The version that is installed; null when it is not known. */
  readonly previousVersion: string | null;
  /** The persistent paths that the live tree has, none of which the staged one has. */
  readonly persistent: readonly string[];
  /** Of the run, such as 20261122T101530Z: the old tree is named after it. */
  readonly timestamp: string;
  /** The inode of the live tree; null in the releases layout, or where nothing is installed. */
  readonly oldInode: number | null;
  /** See `SwitchPlan`. */
  readonly sinceMs: number | null;
  /** See `SwitchPlan`. */
  readonly caughtUpMs?: number | undefined;
  /** What APP_DIR/current points to now; null when it is not there. In place: null. */
  readonly current: string | null;
}

/** The moves that put a staged tree in the live one's place, in order: pure. */
export function planSwitch(facts: SwitchFacts): SwitchPlan {
  const strays = join(facts.places.area, `strays-${facts.runId}`);
  const moves = facts.places.releases === undefined ? inPlace(facts) : releases(facts, facts.places.releases);
  const { oldInode, sinceMs, caughtUpMs } = facts;
  return { ...moves, strays, oldInode, sinceMs, ...(caughtUpMs === undefined ? {} : { caughtUpMs }) };
}

/**
 * In place: between "live → aside" and "staged → live" there is no application under its path, for as long as two
 * renames take (well under a millisecond). Everything else, the persistent paths above all, comes before. A rename
 * that exchanges the two would leave no such moment, but Node does not offer the system call (renameat2).
 */
function inPlace(facts: SwitchFacts): Pick<SwitchPlan, 'moves' | 'kept'> {
  const { places, staged } = facts;
  const arrives: Move = { kind: 'rename', from: staged, to: places.entry, witness: 'from' };
  if (places.live === undefined) return { moves: [arrives], kept: null };
  const live = places.live;
  const kept = join(places.area, keptName(facts));
  return {
    moves: [
      ...facts.persistent.map((path): Move => ({
        kind: 'rename',
        from: join(live, path),
        to: join(staged, path),
        witness: 'to',
      })),
      { kind: 'rename', from: live, to: kept, witness: 'to' },
      arrives,
    ],
    kept,
  };
}

/** Releases: the tree takes its place among the releases, then one rename replaces the link. */
function releases(facts: SwitchFacts, folder: string): Pick<SwitchPlan, 'moves' | 'kept'> {
  const { places, staged, version, current } = facts;
  const release = join(folder, version);
  return {
    moves: [
      { kind: 'rename', from: staged, to: release, witness: 'from' },
      { kind: 'link', path: places.entry, before: current, after: relative(join(folder, '..'), release) },
    ],
    kept: places.live ?? null,
  };
}

/**
 * The moves that put an older tree of the application back in the live one's place: pure. The tree that it replaces goes
 * into our area in both layouts, so that its version can be installed again.
 *
 * @param facts `staged`: the older tree, wherever it was kept
 */
export function planReturn(facts: SwitchFacts): SwitchPlan {
  const forward = planSwitch(facts);
  const { releases: folder, live, area } = facts.places;
  if (folder === undefined || live === undefined) return forward;
  const kept = join(area, keptName(facts));
  const inPlace = facts.staged === join(folder, facts.version);
  return {
    ...forward,
    moves: [...forward.moves.slice(inPlace ? 1 : 0), { kind: 'rename', from: live, to: kept, witness: 'to' }],
    kept,
  };
}

const keptName = ({ previousVersion, timestamp }: SwitchFacts): string =>
  `${safeName(previousVersion ?? 'unknown')}-${timestamp}`;

/** A version is a text from a file of the application: as a name it may hold nothing that leads elsewhere. */
function safeName(version: string): string {
  return version.replaceAll(/[^0-9A-Za-z.+-]/g, '_').replace(/^\.+/, '_');
}
