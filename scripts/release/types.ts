import * as v from 'valibot';

/** Where the application is and where its trees are kept; every path absolute and without links. */
export interface Places {
  readonly layout: 'in-place' | 'releases';
  /** The tree that runs: APP_DIR itself, or what APP_DIR/current links to; undefined when nothing is installed yet. */
  readonly live: string | undefined;
  /** What the web server is pointed at: APP_DIR, or the link APP_DIR/current. */
  readonly entry: string;
  /** Our 0700 folder on the file system of the trees: staged and old ones. */
  readonly area: string;
  /** Where persistent paths live: the live tree, or APP_DIR/shared. */
  readonly persistent: string;
  /** The folder of the releases; undefined in place. */
  readonly releases: string | undefined;
}

/**
 * What an upgrade does to the files of the application, and what was done to them here; paths relative to the tree, in
 * order, of files and links only (`carried` has folders, too). Persistent paths and the flag of maintenance are in none.
 */
export interface FileChanges {
  /**
   * Whether the installed release's own list is known. It is not where another program installed it: then nothing tells
   * files of its own from files that were added or edited here. So `removed`, `modified` and `deleted` are empty, and
   * everything that the new release does not bring is `carried`.
   */
  readonly known: boolean;
  /** In the new release, and not here yet. */
  readonly added: readonly string[];
  /** In both, with another content. */
  readonly changed: readonly string[];
  /** Of the installed release, and not in the new one. */
  readonly removed: readonly string[];
  /** Made by the dependencies command of the installed release, and not in the package: that of the new one makes its own. */
  readonly remade: readonly string[];
  /** Files of the installed release that were edited here; the new release's take their place. */
  readonly modified: readonly string[];
  /** Files of both releases whose mode was set here: what that took away from the release's own stays away. */
  readonly modes: readonly string[];
  /** Files of the installed release that are not here any more. */
  readonly deleted: readonly string[];
  /** Files that belong to no release, in whose place, or above, the new one has a file of its own. */
  readonly displaced: readonly string[];
  /** What belongs to no release, as far as is known: copied into the new tree. */
  readonly carried: readonly string[];
}

/** A release unpacked, checked and completed beside the live one. Plain data: it can be journaled. */
export interface StagedRelease {
  readonly runId: string;
  readonly version: string;
  /** The name of its folder among the releases: the version, unless one of that name is there already. */
  readonly releaseName: string;
  /** The version that is installed now; null when none can be read. */
  readonly previousVersion: string | null;
  /** The staged tree. */
  readonly folder: string;
  /** The list of what the release holds, as JSON, beside the staged tree. */
  readonly list: string;
  readonly package: string;
  readonly sha256: string;
  /**
   * When the live tree began to be compared with its release, by the clock of the file system (milliseconds): nobody was
   * told of what is edited since. Not there without a live tree.
   */
  readonly lookedAtMs?: number | undefined;
  readonly changes: FileChanges;
}

/** What a switch has to know of what arrives. */
export type StagedFacts = Omit<StagedRelease, 'changes'>;

/**
 * One step of a switch. `witness` is the end of a rename that lies in our private area, where nobody else makes or
 * removes anything: whether something is there tells whether the rename was done. The other end may have been made
 * again by an application that still runs.
 */
const moveSchema = v.variant('kind', [
  v.object({
    kind: v.literal('rename'),
    from: v.string(),
    to: v.string(),
    witness: v.picklist(['from', 'to']),
  }),
  v.object({
    kind: v.literal('link'),
    /** The link, which is replaced by a rename. */
    path: v.string(),
    /** What it pointed to before; null when it was not there. */
    before: v.nullable(v.string()),
    after: v.string(),
  }),
]);
export type Move = v.InferOutput<typeof moveSchema>;

/** The moves that put a staged release in the live one's place, in order. Plain data: journaled before it is done. */
export const switchPlanSchema = v.object({
  moves: v.array(moveSchema),
  /** Where the old tree is afterwards; null when there was none. */
  kept: v.nullable(v.string()),
  /** Where an application's files go that stand in the way of undoing. */
  strays: v.string(),
  /** The inode of the old tree, which it keeps wherever it is renamed to; null in the releases layout or without one. */
  oldInode: v.optional(v.nullable(v.number()), null),
  /**
   * When the old tree was compared with its release, else when the new one was brought up to date, by the clock of the
   * file system (milliseconds): what was written to the old one since may not be in it. Null, or not there, without one.
   */
  sinceMs: v.optional(v.nullable(v.number())),
  /** When the new tree was last brought up to date, by the same clock: what it lacks of before it is meant to lack. */
  caughtUpMs: v.optional(v.number()),
});
export type SwitchPlan = v.InferOutput<typeof switchPlanSchema>;
