import { inStep, note, warn, type Context } from '../../core/context.ts';
import { interrupted, notRolledBack, refused, type MajError } from '../../core/errors.ts';
import { clientSettings } from '../../database/session/client-settings.ts';
import { connect, type Session } from '../../database/session/session.ts';
import type { Target } from '../../database/session/target.ts';
import type { Statement } from '../../sql/statement.ts';
import { readPrefix } from '../applied-statements.ts';
import type { LedgerRow } from '../ledger/columns.ts';
import { ledgerEntry, type Runner } from '../ledger/ledger-write.ts';
import { readLedger } from '../ledger/ledger.ts';
import { ensureLedger } from '../ledger/make-ledger.ts';
import type { PendingMigration } from '../migration.ts';
import { isSameScriptVersion, type ScriptName } from '../script-names.ts';
import { executeScript, type Execution } from './execute.ts';
import { excerptOf, lineOfError, type MigrationFailure } from './failure.ts';
import { withMigrationLock } from './lock.ts';
import { areTransactional, prepareScript, type Script } from './script.ts';
import type { StatementRuns } from './statement-run.ts';
import type { RunSurroundings, Watch } from './stop-script.ts';

/** What one script did. */
export interface MigrationResult extends ScriptName {
  readonly checksum: string;
  readonly statements: StatementRuns;
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
  /** Looks on, in a dry run. */
  readonly watch?: Watch;
}

/**
 * Runs the pending scripts on a database, one after the other, under its migration lock. Every script is read and
 * checked before the first one runs.
 *
 * @throws MajError `migration-failed`: exit code 11 when something is committed or may be, or the ledger could not be
 *   told of the end, 3 when nothing is;
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
    const sqlMode =
      options.sqlMode ?? context.config.DB_SQL_MODE ?? (await serverSqlMode(context, options.target));
    refuseMoved(options.migrations, await readLedger(keeper));
    const scripts = await prepareAll(keeper, options, sqlMode);
    if (context.signal.aborted) throw interrupted('interrupted', {});
    if (scripts.length === 0) return { migrations: [], sqlMode };
    await ensureLedger(keeper, options.target.database);
    const opened = (): Promise<Session> =>
      connect(context, options.target, { state: 'script', sqlMode, lockWaitSeconds, anyCharset: true });
    let session = await opened();
    try {
      const migrations: MigrationResult[] = [];
      const applied: string[] = [];
      let isNew = true;
      for (const script of scripts) {
        const { file, version, name, checksum } = script.migration;
        // What the server runs for each client that connects, only another connection brings back.
        if (!isNew && session.hasInitConnect) {
          await session.close();
          session = await opened();
          isNew = true;
        }
        // A connection of its own for each would cost as much again as a small script does, and a reset a tenth of it.
        const fresh = isNew ? Promise.resolve() : session.reset();
        // Awaited where it is needed; until then the failure is nobody's.
        fresh.catch(() => undefined);
        isNew = script.leavesNothing;
        const execution = await runScript(context, script, { lock, session, fresh, options });
        if (execution.stopped !== undefined) {
          const { done } = execution.stopped;
          const reading = { sqlMode, flavour: keeper.server.flavour };
          const canGoOn =
            done === script.statements ||
            done === 0 ||
            !(await readPrefix(script.migration, done, reading)).sessionBound;
          const hasPlaceholders = (context.config.MIGRATIONS_PLACEHOLDERS ?? []).length > 0;
          const failure = failureOf(script, execution.stopped, { applied, canGoOn, hasPlaceholders });
          return { migrations, sqlMode, failure, cause: execution.stopped.cause };
        }
        const { statements, seconds } = execution;
        migrations.push({ version, name, file, checksum, statements, seconds });
        applied.push(file);
      }
      return { migrations, sqlMode };
    } finally {
      await session.close();
    }
  });
}

/** Every script is read and checked before the first one runs. */
async function prepareAll(
  keeper: Session,
  { migrations, target }: RunOptions,
  sqlMode: string,
): Promise<Script[]> {
  const { database } = target;
  const { flavour } = keeper.server;
  const scene = { sqlMode, flavour, database, transactionalTables: await areTransactional(keeper) };
  const scripts: Script[] = [];
  for (const migration of migrations) scripts.push(await prepareScript(migration, scene));
  return scripts;
}

/**
 * Seconds that a statement waits for other sessions to let go of a table. The servers' own default is a day or a year,
 * and everyone else then waits behind it.
 */
const lockWaitSeconds = 20;

/** The sql_mode that the server gives a client of this account: its own, or what its `init_connect` sets. */
export async function serverSqlMode(context: Pick<Context, 'signal'>, target: Target): Promise<string> {
  const settings = await clientSettings(context, target, ['sql_mode']);
  return settings.get('sql_mode') ?? '';
}

/** Another run may have come between the plan and the lock. */
function refuseMoved(migrations: readonly PendingMigration[], ledger: readonly LedgerRow[]): void {
  const moved = migrations.find((migration) => {
    const row = ledger.find(({ version }) => isSameScriptVersion(version, migration.version));
    if (row === undefined) return migration.done > 0;
    return row.state !== 'failed' || row.inFlight !== undefined || row.statementsDone !== migration.done;
  });
  if (moved !== undefined) throw refused('migrations-moved', { file: moved.file });
}

async function runScript(
  context: Context,
  script: Script,
  run: Pick<RunSurroundings, 'lock' | 'session' | 'fresh'> & { readonly options: RunOptions },
): Promise<Execution> {
  const { options, ...connected } = run;
  const { target, watch } = options;
  const { statements } = script;
  const { file, done } = script.migration;
  const entry = ledgerEntry(run.lock.keeper, target.database, script.migration, statements, options);
  if (statements === 0) note(context, 'migration-empty', { file });
  if (done > 0) note(context, 'migration-continued', { file, from: done + 1, of: statements });
  let execution: Execution | undefined;
  const facts = { file, statements: statements - done };
  // A script that fails is a value here, so that its step is told as failed by what is thrown in between.
  const failed = new Error('the script failed');
  try {
    return await inStep(context, 'migrate', facts, async () => {
      execution = await executeScript(context, script, { ...connected, target, entry, watch });
      if (execution.stopped !== undefined) throw failed;
      if (execution.isAfterIdle) warn(context, 'after-each-idle', { file });
      return execution;
    });
  } catch (error) {
    if (error === failed && execution !== undefined) return execution;
    throw error;
  }
}

function failureOf(
  script: Script,
  { step, reason, done, outcome, doubt, recorded }: NonNullable<Execution['stopped']>,
  run: Pick<MigrationFailure, 'applied' | 'canGoOn'> & { readonly hasPlaceholders: boolean },
): MigrationFailure {
  const { applied, canGoOn, hasPlaceholders } = run;
  const statement: Pick<Statement, 'line' | 'column' | 'number' | 'text' | 'isAfter'> = step?.statement ?? {
    line: 1,
    column: 1,
    number: 0,
    text: '',
  };
  const line =
    reason.kind === 'server' && reason.phase === 'statement'
      ? lineOfError(statement.line, reason.error)
      : statement.line;
  return {
    file: script.migration.file,
    version: script.migration.version,
    line,
    column: line === statement.line ? statement.column : 1,
    statement: statement.number,
    of: script.statements,
    from: statement.isAfter === true ? 'after-each' : hasPlaceholders ? 'script-and-placeholders' : 'script',
    excerpt: excerptOf(statement.text),
    reason,
    done,
    outcome,
    doubt,
    recorded,
    canGoOn,
    applied,
  };
}

function liveError(failure: MigrationFailure, cause: unknown): MajError {
  const { applied, done, outcome, doubt, recorded } = failure;
  const untouched =
    applied.length === 0 && done === 0 && outcome === 'unchanged' && doubt === undefined && recorded;
  if (untouched && failure.reason.kind === 'interrupted') return interrupted('interrupted', {});
  return (untouched ? refused : notRolledBack)('migration-failed', { failure }, { cause });
}
