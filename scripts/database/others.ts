import type { Context } from '../core/context.ts';
import { processesIn, transactionsOrRefused, workersOf } from './active-connections.ts';
import { withSession, type Session } from './session/session.ts';
import type { Target } from './session/target.ts';

/** A connection of somebody else in a database. */
export interface Other {
  readonly id: string;
  /** `app@10.0.0.5:51234`. */
  readonly account: string;
  /** What the client calls itself; undefined where the server does not tell: MariaDB without the performance schema. */
  readonly program: string | undefined;
  readonly does: 'statement' | 'transaction' | 'idle';
  /** The first words of its statement, without any value; undefined where there is none, or it begins with something else. */
  readonly words: string | undefined;
  readonly seconds: number;
}

/** Who else was seen in a database, and whether that is all: without PROCESS a session sees its own account alone. */
export interface Others {
  readonly database: string;
  readonly connections: readonly Other[];
  readonly whole: boolean;
}

const pauseMs = 20;
const mostShown = 5;

/**
 * Names who else is in a database: for the error that says that somebody changes it. It looks again and again, for many
 * clients connect for one statement only, until it sees one that changes something, for two seconds at most.
 *
 * @param except connections of our own
 * @returns undefined where nothing can be learned; the cause of the error must not be hidden by that
 */
export async function findOthers(
  context: Pick<Context, 'clock' | 'signal'>,
  target: Target,
  except: readonly number[] = [],
): Promise<Others | undefined> {
  const { database } = target;
  const look = async (session: Session): Promise<Others> => {
    const more = toldOf(await attributesTable(session));
    const until = context.clock.monotonicMs() + 2000;
    let seen: readonly Other[] = [];
    for (;;) {
      const transactions = await transactionsOrRefused(session);
      const now = othersOf(await processesIn(session, database, { more, except }), transactions ?? []);
      seen = merged(seen, now);
      if (seen.some(changes) || context.clock.monotonicMs() >= until)
        return { database, connections: seen.slice(0, mostShown), whole: transactions !== undefined };
      await context.clock.sleep(pauseMs);
    }
  };
  return withSession(context, target, look).catch(() => undefined);
}

/** Reads what the server says of connections and of transactions: pure. */
export function othersOf(
  rows: readonly Readonly<Record<string, unknown>>[],
  transactions: readonly Readonly<Record<string, unknown>>[],
): readonly Other[] {
  const working = new Map(workersOf(rows, transactions).map((one) => [one.id, one]));
  return rows.flatMap((row): readonly Other[] => {
    const id = String(row['id']);
    const at = working.get(id);
    if (at === undefined && row['command'] !== 'Sleep') return [];
    const text = (key: string): string | undefined => (typeof row[key] === 'string' ? row[key] : undefined);
    return [
      {
        id,
        account: `${String(row['user'])}@${String(row['host'])}`,
        program: text('program'),
        does: at?.does ?? 'idle',
        words: firstWords(text('info') ?? ''),
        seconds: at?.seconds ?? Number(row['seconds']),
      },
    ];
  });
}

/**
 * The words that a statement begins with, up to four names. It ends before the first sign that is none of a name's:
 * what stands behind may be a row's. Pure.
 */
export function firstWords(statement: string): string | undefined {
  return /^\s*((?:[a-z_][\w$]*|`[^`]*`)(?:[\s.]+(?:[a-z_][\w$]*|`[^`]*`)){0,3})(?![\w$])/i
    .exec(statement)?.[1]
    ?.replaceAll(/\s+/g, ' ');
}

const writing =
  /^(?:insert|update|delete|replace|load|call|execute|commit|truncate|create|alter|drop|rename|optimize)\b/i;

const changes = ({ words }: Other): boolean => words !== undefined && writing.test(words);

const rank = (one: Other): number =>
  changes(one) ? 0 : one.does === 'transaction' ? 1 : one.does === 'statement' ? 2 : 3;

/** What was seen of each connection that tells most; those first that change something, then those that were at work last. */
const merged = (before: readonly Other[], now: readonly Other[]): readonly Other[] => {
  const best = new Map(before.map((one) => [one.id, one]));
  for (const one of now) {
    const known = best.get(one.id);
    if (known === undefined || rank(one) < rank(known)) best.set(one.id, one);
  }
  return [...best.values()].sort((a, b) => rank(a) - rank(b) || a.seconds - b.seconds);
};

/** The table of what clients say of themselves that this account may read; of its own account everybody may. */
async function attributesTable(session: Session): Promise<string | undefined> {
  for (const name of ['session_connect_attrs', 'session_account_connect_attrs']) {
    const table = `performance_schema.${name}`;
    const may = await session.rows(`SELECT 1 FROM ${table} LIMIT 1`).then(
      () => true,
      () => false,
    );
    if (may) return table;
  }
  return undefined;
}

/** What a process is told with: its statement, and its program, which the library is called by where it has no name. */
const toldOf = (attributes: string | undefined): readonly string[] => [
  'LEFT(p.INFO, 300) AS info',
  attributes === undefined
    ? 'NULL AS program'
    : `(SELECT ATTR_VALUE FROM ${attributes} WHERE PROCESSLIST_ID = p.ID AND ATTR_NAME IN ('program_name', '_client_name')
        ORDER BY ATTR_NAME DESC LIMIT 1) AS program`,
];
