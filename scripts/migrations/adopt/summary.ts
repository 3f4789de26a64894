import type { PreparedAdoption } from './read.ts';
import { backupTable } from './source.ts';

/** What an adoption comes to, for people and for `--json`. */
export interface AdoptionSummary {
  readonly from: string;
  readonly program: string;
  /** The new name of the other program's table; null: it keeps its own. */
  readonly renamedTo: string | null;
  readonly adopted: readonly {
    readonly version: string;
    readonly file: string;
    /** As the other program names it; null: implied by a later version. */
    readonly entry: string | null;
    /** A moment in UTC, or the text of a clock whose time zone is not known. */
    readonly at: string | null;
    readonly by: string | null;
  }[];
  readonly gone: readonly string[];
  readonly leftOut: readonly string[];
  readonly late: readonly string[];
  readonly pending: readonly string[];
}

/** Sums up what was found. Pure. */
export function summaryOf({ source, ledger, adoption }: Omit<PreparedAdoption, 'adopted'>): AdoptionSummary {
  return {
    from: ledger.table,
    program: ledger.program,
    renamedTo: source.makesRoom ? backupTable : null,
    adopted: adoption.adopted.map(({ migration, entry }) => ({
      version: migration.version,
      file: migration.file,
      entry: entry?.text ?? null,
      at: entry?.finishedAt?.toISOString() ?? entry?.timeText ?? null,
      by: entry?.by ?? null,
    })),
    gone: adoption.gone,
    leftOut: ledger.leftOut,
    late: adoption.late.map(({ file }) => file),
    pending: adoption.pending.map(({ file }) => file),
  };
}
