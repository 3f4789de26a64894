import { byVersion } from './folder.ts';
import type { MigrationPlan } from './plan.ts';

/** One line of `maj migrate status`. */
export interface StatusRow {
  readonly version: string;
  readonly name: string;
  readonly state: 'applied' | 'applying' | 'failed' | 'pending';
  /** Statements done, and how many there are; undefined for a script that never ran. */
  readonly done: number | undefined;
  readonly of: number | undefined;
  readonly at: string | undefined;
  readonly durationMs: number | undefined;
}

/** Every script that the ledger or the folder knows, in order. Pure. */
export function statusRows(plan: MigrationPlan): StatusRow[] {
  const known = plan.ledger.map((row): StatusRow => ({
    version: row.version,
    name: row.name,
    state: row.state,
    done: row.statementsDone,
    of: row.statements,
    at: row.finishedAt ?? row.startedAt,
    durationMs: row.durationMs,
  }));
  const versions = new Set(known.map((row) => Number(row.version)));
  const pending = plan.pending
    .filter((migration) => !versions.has(Number(migration.version)))
    .map((migration): StatusRow => ({
      version: migration.version,
      name: migration.name,
      state: 'pending',
      done: undefined,
      of: undefined,
      at: undefined,
      durationMs: undefined,
    }));
  return [...known, ...pending].sort(byVersion);
}
