import type { Context } from '../core/context.ts';
import { readSchema, type Schema } from '../database/fingerprint.ts';
import { sqlErrorOf, type Session } from '../database/session/session.ts';
import { areTablesLocked, denialsOf } from '../migrations/restricted-accounts.ts';
import type { Measured, StatementEvidence } from '../migrations/run/evidence.ts';
import { lockWaitTimeout } from '../migrations/run/failure.ts';
import type { Watch } from '../migrations/run/stop-script.ts';
import type { Step } from '../migrations/run/transaction-plan.ts';
import { tokensOf } from '../sql/lexer.ts';
import { quoteName } from '../sql/quote.ts';

/** What a dry run saw beside what the statements themselves answered. */
export interface Seen {
  readonly evidence: readonly StatementEvidence[];
  readonly measured: readonly Measured[];
}

/** Where a script has tried to reach something outside of the copy, and the server has refused it. */
interface Denial {
  readonly version: string;
  readonly number: number;
  readonly line: number;
}

/** Warnings that are told word by word. */
const mostMessages = 3;

/** Seconds that who looks on waits for a lock that a script holds: then there is nothing to be seen. */
export const lookWaitSeconds = 5;

/**
 * Looks on while the scripts run on a copy: the schema after each statement that may have changed it, the algorithm that
 * each ALTER TABLE needed, what the server warned of, and what it refused because it leads out of the copy.
 *
 * While a script holds locks (LOCK TABLES) nothing is looked at: one would wait for the other, for ever. The statement
 * that lets go of them then has the schema before and after all that ran meanwhile, and those have no evidence.
 *
 * @param eyes a session of its own, in the copy
 * @param probe another one, where tables are tried on
 */
export function createDryRunWatch(
  context: Pick<Context, 'signal'>,
  copy: { readonly eyes: Session; readonly probe: Session; readonly database: string },
): { readonly watch: Watch; readonly seen: () => Seen; readonly denied: () => Promise<Denial | undefined> } {
  const { eyes, probe, database } = copy;
  const evidence: StatementEvidence[] = [];
  const measured: Measured[] = [];
  /** Of the schema as it is; asked for once the ledger is there, which is part of it on the live server as well. */
  let schema: Schema | undefined;
  /** Something may have changed it while nobody could look. */
  let isStale = false;
  let algorithm: Algorithm | undefined;
  let denials: number | undefined;
  let denial: Denial | undefined;
  let last: Denial | undefined;
  const mayChangeSchema = ({ statement: { kind } }: Step): boolean => kind === 'alone' || kind === 'call';
  /** Undefined where a lock is in the way. */
  const look = async (): Promise<Schema | undefined> => {
    if (await areTablesLocked(eyes, database)) return undefined;
    try {
      return await readSchema(eyes, database);
    } catch (error) {
      if (sqlErrorOf(error)?.errno === lockWaitTimeout) return undefined;
      throw error;
    }
  };
  const findDenial = async (): Promise<void> => {
    const now = await denialsOf(eyes);
    if (denials !== undefined && now > denials) denial ??= last;
    denials = now;
  };
  return {
    watch: {
      before: async (step) => {
        algorithm = undefined;
        if (denials === undefined) await findDenial();
        const { kind, text } = step.statement;
        if (context.signal.aborted || !(mayChangeSchema(step) || kind === 'lock')) return;
        if (schema === undefined || isStale) {
          const now = await look();
          isStale &&= now === undefined;
          schema = now ?? schema;
        }
        if (kind === 'alone' && !(await areTablesLocked(eyes, database)))
          algorithm = await neededAlgorithm(probe, database, text);
      },
      after: async (version, step, run, session) => {
        const told = run.warnings > 0 ? await warningsOf(session) : { messages: [], warned: [] };
        const { number, line, hash } = run;
        last = { version, number, line };
        if (algorithm !== undefined || told.messages.length > 0)
          measured.push({ version, number, line, algorithm, ...told });
        if (mayChangeSchema(step)) await findDenial();
        else if (!isStale) return;
        const after = await look();
        if (after === undefined) {
          isStale = true;
          return;
        }
        // Of one that ran in between, within the locks, nothing tells what it alone has done.
        if (schema !== undefined && !(isStale && mayChangeSchema(step)))
          evidence.push({
            version,
            number,
            hash,
            before: schema.fingerprint,
            after: after.fingerprint,
            tablesAfter: after.tables,
            unowned: { before: schema.unowned, after: after.unowned },
          });
        schema = after;
        isStale = false;
      },
    },
    seen: () => ({ evidence, measured }),
    denied: async () => {
      await findDenial();
      return denial;
    },
  };
}

/** In the words of the server; a value of a row may be among them, which is why they stay in the terminal. */
async function warningsOf(session: Session): Promise<Pick<Measured, 'messages' | 'warned'>> {
  const rows = await session.rows('SHOW WARNINGS');
  const messages = rows
    .slice(0, mostMessages)
    .map((row) => `${String(row['Code'])} ${String(row['Message'])}`);
  const warnings = rows.filter((row) => row['Level'] !== 'Note').map((row) => Number(row['Code']));
  return { messages, warned: [...new Set(warnings)] };
}

/** How a server changes a table: at once, in place, or by copying all of it while nobody may write. */
type Algorithm = 'INSTANT' | 'INPLACE' | 'COPY';

/** Where tables are tried on; made and dropped on a throwaway server only. */
const probeDatabase = 'maj_probe';

const name = '(`(?:[^`]|``)+`|[\\p{L}\\p{N}_$]+)';
const alterHead = new RegExp(
  `^ALTER\\s+(?:ONLINE\\s+)?(?:IGNORE\\s+)?TABLE\\s+(?:IF\\s+EXISTS\\s+)?${name}(?!\\s*\\.)\\s`,
  'iu',
);
const indexHead = new RegExp(
  `^(?:CREATE\\s+(?:(?:UNIQUE|FULLTEXT|SPATIAL)\\s+)?|DROP\\s+)INDEX\\s[^(]*?\\sON\\s+${name}(?!\\s*\\.)(?=\\s|\\(|$)`,
  'iu',
);

/**
 * The table that a statement alters, as it is written there; undefined where it alters none, names its database (which
 * would lead out of where it is tried), or asks for an algorithm itself.
 */
export function alteredTable(
  text: string,
): { readonly table: string; readonly separator: ', ' | ' ' } | undefined {
  const altered = alterHead.exec(text)?.[1];
  const indexed = altered === undefined ? indexHead.exec(text)?.[1] : undefined;
  const table = altered ?? indexed;
  if (table === undefined || [...tokensOf(text)].includes('ALGORITHM')) return undefined;
  const plain = table.startsWith('`') ? table.slice(1, -1).replaceAll('``', '`') : table;
  return { table: plain, separator: altered === undefined ? ' ' : ', ' };
}

/**
 * The algorithm that a server needs for a statement: tried, cheapest first, on an empty table of the same definition.
 * Foreign keys, which such a table does not have, are the exception.
 *
 * @param session a session of its own on a throwaway server, allowed everything there
 * @returns undefined where the statement alters no table, or cannot be tried apart from the rest
 */
async function neededAlgorithm(
  session: Session,
  database: string,
  text: string,
): Promise<Algorithm | undefined> {
  const altered = alteredTable(text);
  if (altered === undefined) return undefined;
  const probe = quoteName(probeDatabase);
  const table = quoteName(altered.table);
  const attempt = async (algorithm: Algorithm): Promise<boolean> => {
    try {
      await session.run(`${text}${altered.separator}ALGORITHM=${algorithm}`);
      return true;
    } catch {
      return false;
    }
  };
  try {
    await session.run(`CREATE DATABASE ${probe}`);
    await session.run(`USE ${probe}`);
    await session.run('SET SESSION foreign_key_checks = 0');
    await session.run(`CREATE TABLE ${table} LIKE ${quoteName(database)}.${table}`);
    for (const algorithm of ['INSTANT', 'INPLACE', 'COPY'] as const)
      if (await attempt(algorithm)) return algorithm;
    return undefined;
  } catch {
    // A view, or a table that is not there: the statement itself will tell.
    return undefined;
  } finally {
    await session.run(`DROP DATABASE IF EXISTS ${probe}`);
  }
}
