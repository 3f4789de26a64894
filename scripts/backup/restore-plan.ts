import type { DropSelection } from '../database/replace.ts';
import { nameOf, type PartDifference } from './differences.ts';
import type { LoadSelection } from './load/plan.ts';
import type { PartId } from './part.ts';

/** What a restore does to a database that is nearly what the backup holds. */
export interface RestorePlan {
  /** Dropped once the new tables are whole: what is loaded again, and what the backup does not have. */
  readonly drop: DropSelection;
  readonly load: LoadSelection;
  /** Whether the database's own charset or collation is set. */
  readonly charset: boolean;
  /** Differences that stay, by name: those that were not asked for. */
  readonly left: readonly string[];
}

/**
 * Decides what has to be put back for a database to be what the backup holds: each table that differs is loaded again,
 * whole; triggers by themselves where their table is as it was; events, routines and views all together, since they
 * may need each other.
 *
 * @param only the tables that were asked for; not given: everything
 */
export function planRestore(
  differences: readonly PartDifference[],
  charset: boolean,
  backupTables: ReadonlySet<string>,
  only?: ReadonlySet<string>,
): RestorePlan {
  const tables = new Set<string>();
  const sequences = new Set<string>();
  const triggersOf = new Set<string>();
  const left = new Set<string>();
  let code = false;
  for (const { id } of differences) {
    if (id.kind === 'header' || id.kind === 'final') continue;
    if (only !== undefined && !isOf(only, id)) left.add(nameOf(id));
    else if (id.kind === 'sequence') sequences.add(id.object ?? '');
    else if (id.kind !== 'table') code = true;
    else if (id.section === 'after') triggersOf.add(id.object ?? '');
    else tables.add(id.object ?? '');
  }
  const triggersAlone = new Set([...triggersOf].filter((name) => !tables.has(name)));
  const inBackup = (names: ReadonlySet<string>): Set<string> =>
    new Set([...names].filter((name) => backupTables.has(name)));
  return {
    drop: { tables, sequences, triggersOf: triggersAlone, code },
    load: { tables: inBackup(tables), sequences, triggersOf: inBackup(triggersAlone), code },
    charset: charset && only === undefined,
    left: [...left],
  };
}

const isOf = (only: ReadonlySet<string>, id: PartId): boolean =>
  id.kind === 'table' && only.has(id.object ?? '');

/** Whether there is nothing to do. */
export const isNothing = ({ drop, charset }: RestorePlan): boolean =>
  !charset && !drop.code && drop.tables.size + drop.sequences.size + drop.triggersOf.size === 0;
