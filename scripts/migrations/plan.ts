import { refused, unfinished, wrongUsage, type MajError } from '../core/errors.ts';
import { isTextTaken } from './accepted.ts';
import type { DonePrefix } from './applied-statements.ts';
import type { LedgerRow } from './ledger/columns.ts';
import type { Migration, PendingMigration } from './migration.ts';
import { byVersion, fileOfRecord, isScriptVersion, versionKey } from './script-names.ts';

/** Why nothing can be migrated now. */
export type PlanProblem = { readonly version: string; readonly file: string } & (
  | { readonly kind: 'missing' }
  /** `checksum`: of the text that it has now. */
  | { readonly kind: 'edited'; readonly checksum: string }
  | { readonly kind: 'out-of-order'; readonly newest: string }
  | { readonly kind: 'failed-prefix-edited' | 'failed-session-bound'; readonly done: number }
  | {
      readonly kind: 'unfinished';
      readonly done: number;
      readonly of: number;
      /** The statement of which it is not known whether it was applied. */
      readonly inDoubt: number | undefined;
      readonly error: string | undefined;
    }
);

/** What is applied, what is to run, and what stands in the way. */
export interface MigrationPlan {
  /** All that the ledger says, in the order of versions. */
  readonly ledger: readonly LedgerRow[];
  readonly applied: readonly LedgerRow[];
  readonly pending: readonly PendingMigration[];
  readonly problems: readonly PlanProblem[];
}

/**
 * Compares the scripts with the ledger. Pure.
 *
 * @param prefixes what `readDonePrefixes` found
 */
export function planMigrations(
  migrations: readonly Migration[],
  ledger: readonly LedgerRow[],
  prefixes: ReadonlyMap<string, DonePrefix> = new Map(),
): MigrationPlan {
  const files = new Map(migrations.map((migration) => [versionKey(migration.version), migration]));
  const rows = new Map(ledger.map((row) => [versionKey(row.version), row]));
  const inOrder = [...ledger].sort(byVersion);
  const applied = inOrder.filter((row) => row.state === 'applied');
  const newest = applied.at(-1);
  const problems: PlanProblem[] = [];
  for (const row of inOrder) {
    const file = files.get(versionKey(row.version));
    const named = { version: row.version, file: file?.file ?? fileOfRecord(row) };
    if (row.state === 'applying' || row.inFlight !== undefined)
      problems.push(unfinishedProblem(row, named.file));
    else if (file === undefined) problems.push({ kind: 'missing', ...named });
    else if (row.state === 'failed')
      problems.push(...problemsOfFailed(row, file, prefixes.get(versionKey(row.version))));
    else if (!isTextTaken(row, file.checksum))
      problems.push({ kind: 'edited', ...named, checksum: file.checksum });
  }
  const pending: PendingMigration[] = [];
  for (const migration of [...migrations].sort(byVersion)) {
    const { version } = migration;
    const row = rows.get(versionKey(version));
    if (row?.state === 'applied') continue;
    if (row === undefined && newest !== undefined && byVersion(newest, migration) > 0)
      problems.push({ kind: 'out-of-order', version, file: migration.file, newest: newest.version });
    pending.push({ ...migration, done: row?.statementsDone ?? 0, recordedAs: row?.version ?? version });
  }
  return { ledger: inOrder, applied, pending, problems };
}

function unfinishedProblem(row: LedgerRow, file: string): PlanProblem {
  return {
    kind: 'unfinished',
    version: row.version,
    file,
    done: row.statementsDone,
    of: row.statements,
    inDoubt: row.inFlight?.number,
    error: row.error,
  };
}

function problemsOfFailed(row: LedgerRow, file: Migration, prefix: DonePrefix | undefined): PlanProblem[] {
  const done = row.statementsDone;
  if (done === 0) return [];
  const facts = { version: row.version, file: file.file, done };
  if (prefix?.hash !== row.doneHash) return [{ kind: 'failed-prefix-edited', ...facts }];
  return prefix.sessionBound ? [{ kind: 'failed-session-bound', ...facts }] : [];
}

/**
 * Throws the first reason for which nothing can be migrated now, naming all of them.
 *
 * @throws MajError `migration-unfinished` (exit code 6), else `migrations-refused` (3)
 */
export function refuseProblems(plan: MigrationPlan): void {
  const error = errorOfProblems(plan.problems);
  if (error !== undefined) throw error;
}

/** The error that problems are; undefined without any. Pure. */
export function errorOfProblems(problems: readonly PlanProblem[]): MajError | undefined {
  const stopped = problems.find((problem) => problem.kind === 'unfinished');
  if (stopped !== undefined) return unfinished('migration-unfinished', { problem: stopped });
  return problems.length === 0 ? undefined : refused('migrations-refused', { problems });
}

/**
 * The pending scripts up to a version. Pure.
 *
 * @throws MajError `migrate-to` for a version that no script has
 */
export function pendingUpTo(
  plan: Pick<MigrationPlan, 'pending'>,
  migrations: readonly Migration[],
  version: string,
): readonly PendingMigration[] {
  if (!isScriptVersion(version) || !migrations.some((one) => byVersion(one, { version }) === 0))
    throw wrongUsage('migrate-to', { version, versions: migrations.map((one) => one.version) });
  return plan.pending.filter((one) => byVersion(one, { version }) <= 0);
}
