import { exitCodes, type ExitCode } from '../core/exit-codes.ts';
import type { LedgerRow } from './ledger/columns.ts';
import { errorOfProblems, type MigrationPlan, type PlanProblem } from './plan.ts';
import { byVersion, isSameScriptVersion, versionKey } from './script-names.ts';

/** One line of `maj migrate status`. */
export interface StatusRow
  extends
    Pick<LedgerRow, 'version' | 'name' | 'accepted'>,
    Partial<Pick<LedgerRow, 'durationMs' | 'appliedBy' | 'error' | 'note'>> {
  readonly state: LedgerRow['state'] | 'pending';
  /** Statements done, and how many there are; not given for a script that never ran. */
  readonly done?: number;
  readonly of?: number;
  readonly at?: string;
  /** The statement that may or may not have been applied. */
  readonly inDoubt?: number | undefined;
  /** What is wrong with it, as a code; see `PlanProblem`. */
  readonly problem: PlanProblem['kind'] | undefined;
}

/** What `maj migrate status` exits with: as `maj migrate` would with these problems; 3 beside a script that failed. Pure. */
export function statusExitCode({ ledger, problems }: MigrationPlan): ExitCode {
  const hasFailed = ledger.some(({ state }) => state === 'failed');
  return errorOfProblems(problems)?.exitCode ?? (hasFailed ? exitCodes.refused : exitCodes.done);
}

/** Every script that the ledger or the folder knows, in order. Pure. */
export function statusRows(plan: MigrationPlan): StatusRow[] {
  const problemOf = (version: string): PlanProblem['kind'] | undefined =>
    plan.problems.find((problem) => isSameScriptVersion(problem.version, version))?.kind;
  const known = plan.ledger.map((row): StatusRow => ({
    version: row.version,
    name: row.name,
    state: row.state,
    done: row.statementsDone,
    of: row.statements,
    at: row.finishedAt ?? row.startedAt,
    durationMs: row.durationMs,
    appliedBy: row.appliedBy,
    inDoubt: row.inFlight?.number,
    error: row.error,
    note: row.note,
    accepted: row.accepted,
    problem: problemOf(row.version),
  }));
  const versions = new Set(known.map((row) => versionKey(row.version)));
  const pending = plan.pending
    .filter((migration) => !versions.has(versionKey(migration.version)))
    .map((migration): StatusRow => ({
      version: migration.version,
      name: migration.name,
      state: 'pending',
      accepted: [],
      problem: problemOf(migration.version),
    }));
  return [...known, ...pending].sort(byVersion);
}
