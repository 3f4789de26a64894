import { noProgress, progressAfter, type Statement } from '../sql/statement.ts';
import type { LedgerRow } from './ledger/columns.ts';
import type { Migration, ScriptReading } from './migration.ts';
import { statementsOf } from './run/script.ts';
import { isSameScriptVersion, versionKey } from './script-names.ts';

/** What the statements of a script say of which the ledger has the first few as done. */
export interface DonePrefix {
  /** `Progress.hash` over as many of the script's statements; undefined where it has fewer. */
  readonly hash: string | undefined;
  /** Whether one of them leaves something in its session that the later ones may need and nobody can make again. */
  readonly sessionBound: boolean;
}

/**
 * Reads the first statements of every script that failed after some of them.
 *
 * @returns by `versionKey`
 * @throws MajError `migration-script` for one that cannot be split
 */
export async function readDonePrefixes(
  migrations: readonly Migration[],
  ledger: readonly LedgerRow[],
  reading: ScriptReading,
): Promise<ReadonlyMap<string, DonePrefix>> {
  const prefixes = new Map<string, DonePrefix>();
  for (const row of ledger) {
    const migration = migrations.find(({ version }) => isSameScriptVersion(version, row.version));
    if (row.state === 'applied' || row.statementsDone === 0 || migration === undefined) continue;
    prefixes.set(versionKey(row.version), await readPrefix(migration, row.statementsDone, reading));
  }
  return prefixes;
}

/** The same of one script. */
export async function readPrefix(
  migration: Pick<Migration, 'file' | 'open' | 'after'>,
  done: number,
  reading: ScriptReading,
): Promise<DonePrefix> {
  let progress = noProgress;
  let left = false;
  let locked = false;
  for await (const statement of statementsOf(migration, reading)) {
    // What is left begins with letting go of the locks that it does not have; or is not the script's own, and needs nothing
    // of its session.
    if (progress.done === done) {
      const isBound = left || (locked && statement.kind !== 'unlock');
      return { hash: progress.hash, sessionBound: isBound && statement.isAfter !== true };
    }
    progress = progressAfter(progress, statement);
    left ||= leavesSessionState(statement);
    if (statement.kind === 'lock') locked = true;
    if (statement.kind === 'unlock') locked = false;
  }
  return { hash: progress.done === done ? progress.hash : undefined, sessionBound: left || locked };
}

/**
 * Whether a statement leaves something in its session that later ones may need and that cannot be made again: a
 * temporary table, a prepared statement, a user variable with a value of that moment. Plain SET statements
 * of server variables are run again instead (see `execute.ts`).
 */
function leavesSessionState({ text, kind }: Statement): boolean {
  if (kind !== 'session') return /\binto\s+@\w/i.test(text) || /@\w+\s*:=/.test(text);
  if (!/^\s*(?:\/\*M?!\d*\s*)?set\b/i.test(text)) return !/^\s*(?:savepoint|release|rollback)\b/i.test(text);
  return /(?:^|[^@\w])@\w+\s*:?=(?!\s*(?:@@[\w.]+|'[^'\\]*'|-?\d[\d.]*|null)\s*(?:,|\*\/|$))/i.test(text);
}
