import type { RestoreWork } from './restore-database.ts';

/** What a restore does to a database, in names, for reports. */
export interface RestoreFacts {
  /** Nothing of what was there was kept. */
  readonly everything: boolean;
  readonly loaded: readonly string[];
  readonly dropped: readonly string[];
  /** Triggers, routines and the like. */
  readonly others: readonly string[];
  readonly left: readonly string[];
  /** The tables that were asked for; null: everything. */
  readonly only: readonly string[] | null;
}

/** Tells what a restore has to do, or had to. */
export function restoreFacts(work: RestoreWork, only: ReadonlySet<string> | undefined): RestoreFacts {
  const asked = only === undefined ? null : [...only];
  if (work === 'everything')
    return { everything: true, loaded: [], dropped: [], others: [], left: [], only: asked };
  const { drop, load, charset, left } = work;
  return {
    everything: false,
    loaded: [...load.tables],
    dropped: [...drop.tables].filter((name) => !load.tables.has(name)),
    others: [
      ...(charset ? ['the character set of the database'] : []),
      ...[...drop.sequences].map((name) => `sequence ${name}`),
      ...[...drop.triggersOf].map((name) => `triggers of ${name}`),
      ...(drop.code ? ['views, routines and events'] : []),
    ],
    left,
    only: asked,
  };
}
