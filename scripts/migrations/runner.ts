import { inStep, note, type Context } from '../context.ts';
import { interrupted, notRolledBack, refused, type MajError } from '../errors.ts';
import type { Session } from '../database/session.ts';
import type { Target } from '../database/target.ts';
import { executeScript, type Execution, type Script, type StatementRun } from './execute.ts';
import { excerptOf, lineOfError, type MigrationFailure } from './failure.ts';
import { planSteps, refuseDependent } from './flow.ts';
import { ensureLedger, readLedger, type LedgerRow } from './ledger.ts';
import { ledgerEntry, type Runner } from './ledger-entry.ts';
import { withMigrationLock, type MigrationLock } from './lock.ts';
import { versionNumber } from './folder.ts';
import type { PendingMigration } from './plan.ts';
import { splitStatements } from './splitter.ts';

/** What one script did. */
export interface MigrationResult {
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  /** Those that ran now: all of them, unless the script went on after a failure. */
  readonly statements: readonly StatementRun[];
  readonly seconds: number;
}

/** What a run of migrations did. */
export interface MigrationRun {
  readonly migrations: readonly MigrationResult[];
  /** The sql_mode that every script started in. */
  readonly sqlMode: string;
}

/** What is to run, where, and who says so. */
export interface RunOptions extends Runner {
  readonly target: Target;
  /** `plan.pending`. */
  readonly migrations: readonly PendingMigration[];
  /** The sql_mode that scripts start in; not given: DB_SQL_MODE, else the server's own. */
  readonly sqlMode?: string | undefined;
}

/**
 * Runs the pending scripts on a database, one after the other, under its migration lock. Every script is read and
 * checked before the first one runs.
 *
 * @throws MajError `migration-failed`: exit code 11 when something is committed or may be, 3 when nothing is;
 *   `migrations-locked` (5), `migration-script` and others (3) before anything runs
 */
export async function runMigrations(context: Context, options: RunOptions): Promise<MigrationRun> {
  const { failure, cause, ...run } = await runScripts(context, options);
  if (failure !== undefined) throw liveError(failure, cause);
  return run;
}

/** The same, with the failure of a script as a value. */
export async function runScripts(
  context: Context,
  options: RunOptions,
): Promise<MigrationRun & { readonly failure?: MigrationFailure; readonly cause?: unknown }> {
  return withMigrationLock(context, options.target, async (lock) => {
    const { keeper } = lock;
    const sqlMode = options.sqlMode ?? context.config.DB_SQL_MODE ?? (await serverSqlMode(keeper));
    refuseMoved(options.migrations, await readLedger(keeper));
    const scripts = prepare(options.migrations, sqlMode, await areTransactional(keeper));
    if (context.signal.aborted) throw interrupted('interrupted', {});
    if (scripts.length > 0) await ensureLedger(keeper);
    const migrations: MigrationResult[] = [];
    const applied: string[] = [];
    for (const script of scripts) {
      const { file, version, name, checksum } = script.migration;
      const execution = await runScript(context, script, { lock, sqlMode, options });
      if (execution.stopped !== undefined) {
        const failure = failureOf(script, execution.stopped, applied);
        return { migrations, sqlMode, failure, cause: execution.stopped.cause };
      }
      const { statements, seconds } = execution;
      migrations.push({ version, name, checksum, statements, seconds });
      applied.push(file);
    }
    return { migrations, sqlMode };
  });
}

/** The sql_mode that the server gives a new session. */
export async function serverSqlMode(session: Session): Promise<string> {
  const [row] = await session.rows('SELECT @@GLOBAL.sql_mode AS mode');
  return String(row?.['mode']);
}

function prepare(
  migrations: readonly PendingMigration[],
  sqlMode: string,
  transactionalTables: boolean,
): Script[] {
  return migrations.map((migration) => {
    const { file } = migration;
    const statements = splitStatements(migration.text, { file, sqlMode });
    refuseDependent(statements, file);
    const transactional = transactionalTables && !statements.some(({ text }) => otherEngine.test(text));
    return { migration, transactional, steps: planSteps(statements, { file, transactional }) };
  });
}

const otherEngine = /\bengine\s*=?\s*[`'"]?(?!innodb\b)[a-z]/i;

async function areTransactional(session: Session): Promise<boolean> {
  const [row] = await session.rows(
    `SELECT COUNT(*) AS others FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND COALESCE(ENGINE, '') <> 'InnoDB'`,
  );
  return Number(row?.['others']) === 0;
}

/** Another run may have come between the plan and the lock. */
function refuseMoved(migrations: readonly PendingMigration[], ledger: readonly LedgerRow[]): void {
  const moved = migrations.find((migration) => {
    const row = ledger.find(({ version }) => versionNumber(version) === versionNumber(migration.version));
    if (row === undefined) return migration.done > 0;
    return row.state !== 'failed' || row.inFlight !== undefined || row.statementsDone !== migration.done;
  });
  if (moved !== undefined) throw refused('migrations-moved', { file: moved.file });
}

async function runScript(
  context: Context,
  script: Script,
  run: { readonly lock: MigrationLock; readonly sqlMode: string; readonly options: RunOptions },
): Promise<Execution> {
  const { lock, sqlMode, options } = run;
  const { target } = options;
  const statements = script.steps.map((step) => step.statement);
  const entry = ledgerEntry(lock.keeper, target.database, script.migration, statements, options);
  const { file, done } = script.migration;
  if (statements.length === 0) note(context, 'migration-empty', { file });
  if (done > 0) note(context, 'migration-continued', { file, from: done + 1, of: statements.length });
  let execution: Execution | undefined;
  const facts = { file, statements: statements.length - done };
  // A script that fails is a value here, so that its step is told as failed by what is thrown in between.
  const failed = new Error('the script failed');
  try {
    return await inStep(context, 'migrate', facts, async () => {
      execution = await executeScript(context, script, { lock, sqlMode, target, entry });
      if (execution.stopped !== undefined) throw failed;
      return execution;
    });
  } catch (error) {
    if (error === failed && execution !== undefined) return execution;
    throw error;
  }
}

function failureOf(
  script: Script,
  stopped: NonNullable<Execution['stopped']>,
  applied: readonly string[],
): MigrationFailure {
  const { statement } = stopped.step;
  const { reason } = stopped;
  const line = reason.kind === 'server' ? lineOfError(statement.line, reason.error) : statement.line;
  return {
    file: script.migration.file,
    version: script.migration.version,
    line,
    column: line === statement.line ? statement.column : 1,
    statement: statement.number,
    of: script.steps.length,
    excerpt: excerptOf(statement.text),
    reason,
    done: stopped.done,
    outcome: stopped.outcome,
    applied,
  };
}

function liveError(failure: MigrationFailure, cause: unknown): MajError {
  const untouched = failure.applied.length === 0 && failure.done === 0 && failure.outcome === 'unchanged';
  if (untouched && failure.reason.kind === 'interrupted') return interrupted('interrupted', {});
  return (untouched ? refused : notRolledBack)('migration-failed', { failure }, { cause });
}
