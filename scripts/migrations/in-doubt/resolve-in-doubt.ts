import { inStep, type Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import { readSchema, type Schema } from '../../database/fingerprint.ts';
import type { Session } from '../../database/session/session.ts';
import type { Target } from '../../database/session/target.ts';
import { tokensOf } from '../../sql/lexer.ts';
import { noProgress, progressAfter, type Statement, type StatementProgress } from '../../sql/statement.ts';
import type { LedgerRow } from '../ledger/columns.ts';
import { writeLedger } from '../ledger/ledger-write.ts';
import { readLedger } from '../ledger/ledger.ts';
import { orTell } from '../ledger/make-ledger.ts';
import type { Migration, ScriptReading } from '../migration.ts';
import type { StatementEvidence } from '../run/evidence.ts';
import { withMigrationLock } from '../run/lock.ts';
import { statementsOf } from '../run/script.ts';
import { isSameScriptVersion } from '../script-names.ts';
import { waitForOrphan } from './orphan.ts';

/** What the user says of a statement of which nothing else tells. */
export interface Word {
  readonly version: string;
  readonly outcome: 'applied' | 'not-applied';
  /** How the user knows. */
  readonly because: string;
}

/** What was in doubt, and is no more. */
export interface Settlement {
  readonly file: string;
  /** The statement in doubt; undefined where the ledger itself told everything. */
  readonly statement: number | undefined;
  readonly of: number;
  readonly verdict: Verdict | { readonly outcome: Word['outcome']; readonly because: 'word' } | undefined;
  /** Statements that are done, now that it is settled. */
  readonly done: number;
}

/** What a settlement goes by. */
interface SettleOptions {
  readonly target: Target;
  readonly migrations: readonly Migration[];
  readonly sqlMode: string | undefined;
  /** What dry runs saw, newest first. */
  readonly evidence: readonly StatementEvidence[];
  readonly word?: Word;
}

/**
 * Settles what a run that died has left in doubt, by evidence or by the user's word, and writes that into the ledger.
 * Nothing is run.
 *
 * @returns undefined when nothing is in doubt
 * @throws MajError `migration-doubt` (exit code 3) when nothing tells; `migration-doubt-edited`, `migration-doubt-word`;
 *   `ledger-not-written`, `migrations-moved`; `migration-still-running`, `migrations-locked` (5)
 */
export async function settleDoubt(context: Context, options: SettleOptions): Promise<Settlement | undefined> {
  return withMigrationLock(context, options.target, async ({ keeper }) => {
    const row = (await readLedger(keeper)).find(isInDoubt);
    if (row === undefined) return undefined;
    const facts = { file: fileOf(row, options.migrations)?.file ?? row.name };
    return inStep(context, 'settle-doubt', facts, () => settleRow(context, keeper, row, options));
  });
}

/** Whether a run of this script did not come to an end that the ledger knows. */
const isInDoubt = (row: LedgerRow): boolean => row.state === 'applying' || row.inFlight !== undefined;

const fileOf = ({ version }: LedgerRow, migrations: readonly Migration[]): Migration | undefined =>
  migrations.find((migration) => isSameScriptVersion(migration.version, version));

async function settleRow(
  context: Context,
  keeper: Session,
  row: LedgerRow,
  { target, migrations, sqlMode, evidence, word }: SettleOptions,
): Promise<Settlement> {
  const migration = fileOf(row, migrations);
  if (migration === undefined)
    throw refused('migration-doubt-edited', { file: row.name, statement: row.statementsDone + 1 });
  const { file } = migration;
  const facts = { file, of: row.statements };
  if (word !== undefined && !isSameScriptVersion(word.version, row.version))
    throw refused('migration-doubt-word', { asked: word.version, file, problem: 'other-script' });
  const { inFlight } = row;
  if (inFlight === undefined) {
    // What it had changed in a transaction is undone by the server, or is counted in the ledger.
    const text = 'The run died; its checkpoint tells what is committed.';
    await writeSettled(keeper, target, file, row, { done: row.statementsDone, hash: row.doneHash }, text);
    return { ...facts, statement: undefined, verdict: undefined, done: row.statementsDone };
  }
  const reading = { sqlMode, flavour: keeper.server.flavour };
  const { statement, progress } = await readUpTo(migration, inFlight.number, reading);
  if (statement?.hash !== inFlight.hash)
    throw refused('migration-doubt-edited', { file, statement: inFlight.number });
  if (row.connectionId !== undefined) await waitForOrphan(context, keeper, row.connectionId, statement.text);
  const live = await readSchema(keeper, target.database);
  const seen = evidence.find(
    ({ version, number, hash }) =>
      isSameScriptVersion(version, row.version) && number === inFlight.number && hash === inFlight.hash,
  );
  const found = judgeDoubt(statement, seen, live);
  const verdict = word === undefined ? found : byWord(word, found, file);
  const { line, number } = statement;
  if (verdict.outcome === 'unknown')
    throw refused('migration-doubt', { ...facts, line, statement: number, because: verdict.because });
  const reached = verdict.outcome === 'applied' ? progress : { done: row.statementsDone, hash: row.doneHash };
  const told = verdict.because === 'word' ? `word: ${word?.because ?? ''}` : verdict.because;
  const note = `Statement ${number}: ${verdict.outcome} (${told}).`;
  await writeSettled(keeper, target, file, row, reached, note);
  return { ...facts, statement: number, verdict, done: reached.done };
}

/** The user's word counts where the evidence does not speak against it. */
function byWord(word: Word, found: Verdict, file: string): { outcome: Word['outcome']; because: 'word' } {
  const contradicts = found.because === 'schema' && found.outcome !== word.outcome;
  if (contradicts)
    throw refused('migration-doubt-word', { asked: word.version, file, problem: found.outcome });
  return { outcome: word.outcome, because: 'word' };
}

async function readUpTo(
  migration: Migration,
  number: number,
  reading: ScriptReading,
): Promise<{ readonly statement: Statement | undefined; readonly progress: StatementProgress }> {
  let progress = noProgress;
  for await (const statement of statementsOf(migration, reading)) {
    progress = progressAfter(progress, statement);
    if (statement.number === number) return { statement, progress };
  }
  return { statement: undefined, progress };
}

/**
 * Adds to the notes of earlier doubts. What the run that died had sent last may have been done since the row was read:
 * then what was found out from it holds no more.
 */
async function writeSettled(
  keeper: Session,
  target: Target,
  file: string,
  row: LedgerRow,
  progress: StatementProgress,
  note: string,
): Promise<void> {
  const found = await orTell(() => writeLedger(keeper, target.database, 'settle', row, progress, note));
  if (found === 0) throw refused('migrations-moved', { file });
}

/** What became of a statement whose end nobody saw. */
export type Verdict =
  | { readonly outcome: 'applied' | 'not-applied'; readonly because: 'schema' }
  /** Whether it was applied or not: to run it again does no harm. */
  | { readonly outcome: 'not-applied'; readonly because: 'repeatable' }
  | {
      readonly outcome: 'unknown';
      readonly because:
        'no-evidence' | 'schema-unchanged' | 'schema-differs' | 'runs-code' | 'no-transactions';
    };

/**
 * Settles by evidence what became of a statement: pure. The dry run kept the schema before and after it; the live one is
 * like the one or like the other.
 *
 * @param statement undefined where its text is not known any more
 * @param evidence what the dry run saw of this very statement
 * @param live the live schema, now that nothing runs any more
 */
export function judgeDoubt(
  statement: { readonly kind: string; readonly text: string } | undefined,
  evidence: Pick<StatementEvidence, 'before' | 'after' | 'unowned'> | undefined,
  live: Pick<Schema, 'fingerprint' | 'unowned'>,
): Verdict {
  if (statement !== undefined && isRepeatable(statement.text))
    return { outcome: 'not-applied', because: 'repeatable' };
  // Code that it calls may have changed rows before it stopped; so may rows of a table without transactions.
  if (statement?.kind === 'call') return { outcome: 'unknown', because: 'runs-code' };
  if (statement?.kind === 'rows') return { outcome: 'unknown', because: 'no-transactions' };
  if (evidence === undefined) return { outcome: 'unknown', because: 'no-evidence' };
  // Receipts of the format's first days do not know the schema without its owners.
  const { before, after } = evidence.unowned ?? evidence;
  const now = evidence.unowned === undefined ? live.fingerprint : live.unowned;
  if (before === after) return { outcome: 'unknown', because: 'schema-unchanged' };
  if (now === after) return { outcome: 'applied', because: 'schema' };
  if (now === before) return { outcome: 'not-applied', because: 'schema' };
  return { outcome: 'unknown', because: 'schema-differs' };
}

const repeatable = new Set(['TRUNCATE', 'ANALYZE', 'OPTIMIZE', 'FLUSH', 'GRANT', 'CHECK']);

/** Whether a statement may run twice and leave the same as once. */
function isRepeatable(text: string): boolean {
  const tokens = [...tokensOf(text)];
  const [first = ''] = tokens;
  if (repeatable.has(first)) return true;
  const head = tokens.slice(0, 8).join(' ');
  if (first === 'DROP') return head.includes(' IF EXISTS ') && !/ (?:COLUMN|INDEX) /.test(head);
  // CREATE TABLE … SELECT would fill it once more where it is there and empty.
  if (first !== 'CREATE' || tokens.includes('SELECT')) return false;
  return head.includes(' IF NOT EXISTS ');
}
