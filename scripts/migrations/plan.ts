import { refused, unfinished, type MajError } from '../errors.ts';
import { byVersion, versionNumber, type Migration } from './folder.ts';
import type { LedgerRow } from './ledger.ts';
import { doneHashes } from './statement.ts';
import { splitStatements } from './splitter.ts';

/** A script that is to run. */
export interface PendingMigration extends Migration {
  /** How many of its statements are done already: 0, or more when it goes on after a failure. */
  readonly done: number;
  /** The version as the ledger has it already: `7` where the file is now `007_x.sql`. */
  readonly recordedAs: string;
}

/** Why nothing can be migrated now. */
export type PlanProblem =
  | { readonly kind: 'edited'; readonly version: string; readonly file: string }
  | { readonly kind: 'missing'; readonly version: string; readonly file: string }
  | {
      readonly kind: 'out-of-order';
      readonly version: string;
      readonly file: string;
      readonly newest: string;
    }
  | {
      readonly kind: 'unfinished';
      readonly version: string;
      readonly file: string;
      readonly done: number;
      readonly of: number;
      /** The statement of which it is not known whether it was applied. */
      readonly inDoubt: number | undefined;
      readonly error: string | undefined;
    }
  | {
      readonly kind: 'failed-prefix-edited';
      readonly version: string;
      readonly file: string;
      readonly done: number;
    }
  | {
      readonly kind: 'failed-session-bound';
      readonly version: string;
      readonly file: string;
      readonly done: number;
    };

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
 * @param sqlMode the sql_mode that scripts start in, for the splitter
 * @throws MajError `migration-script` for a failed script that cannot be split
 */
export function planMigrations(
  migrations: readonly Migration[],
  ledger: readonly LedgerRow[],
  sqlMode?: string,
): MigrationPlan {
  const files = new Map(migrations.map((migration) => [versionNumber(migration.version), migration]));
  const rows = new Map(ledger.map((row) => [versionNumber(row.version), row]));
  const inOrder = [...ledger].sort(byVersion);
  const applied = inOrder.filter((row) => row.state === 'applied');
  const newest = applied.at(-1);
  const problems: PlanProblem[] = [];
  for (const row of inOrder) {
    const file = files.get(versionNumber(row.version));
    const named = { version: row.version, file: file?.file ?? `${row.version}_${row.name}.sql` };
    if (row.state === 'applying' || row.inFlight !== undefined)
      problems.push(unfinishedProblem(row, named.file));
    else if (file === undefined) problems.push({ kind: 'missing', ...named });
    else if (row.state === 'failed') problems.push(...problemsOfFailed(row, file, sqlMode));
    else if (row.checksum !== file.checksum) problems.push({ kind: 'edited', ...named });
  }
  const pending: PendingMigration[] = [];
  for (const migration of [...migrations].sort(byVersion)) {
    const row = rows.get(versionNumber(migration.version));
    if (row?.state === 'applied') continue;
    if (row === undefined && newest !== undefined && byVersion(newest, migration) > 0)
      problems.push({
        kind: 'out-of-order',
        version: migration.version,
        file: migration.file,
        newest: newest.version,
      });
    pending.push({
      ...migration,
      done: row?.statementsDone ?? 0,
      recordedAs: row?.version ?? migration.version,
    });
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

function problemsOfFailed(row: LedgerRow, file: Migration, sqlMode: string | undefined): PlanProblem[] {
  const done = row.statementsDone;
  if (done === 0) return [];
  const facts = { version: row.version, file: file.file, done };
  const prefix = splitStatements(file.text, { file: file.file, sqlMode }).slice(0, done);
  if (doneHashes(prefix)[done] !== row.doneHash) return [{ kind: 'failed-prefix-edited', ...facts }];
  return prefix.some((statement) => leavesSessionState(statement.text, statement.kind))
    ? [{ kind: 'failed-session-bound', ...facts }]
    : [];
}

/**
 * Whether a statement leaves something in its session that later ones may need and that cannot be made again: a
 * temporary table, a prepared statement, table locks, a user variable with a value of that moment. Plain SET statements
 * of server variables are run again instead (see `execute.ts`).
 */
function leavesSessionState(text: string, kind: string): boolean {
  if (kind === 'lock') return true;
  if (kind !== 'session') return /\binto\s+@\w/i.test(text) || /@\w+\s*:=/.test(text);
  if (!/^\s*(?:\/\*M?!\d*\s*)?set\b/i.test(text)) return !/^\s*(?:savepoint|release|rollback)\b/i.test(text);
  return /(?:^|[^@\w])@\w+\s*:?=(?!\s*(?:@@[\w.]+|'[^'\\]*'|-?\d[\d.]*|null)\s*(?:,|\*\/|$))/i.test(text);
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

function errorOfProblems(problems: readonly PlanProblem[]): MajError | undefined {
  const stopped = problems.find((problem) => problem.kind === 'unfinished');
  if (stopped !== undefined) return unfinished('migration-unfinished', { problem: stopped });
  return problems.length === 0 ? undefined : refused('migrations-refused', { problems });
}
