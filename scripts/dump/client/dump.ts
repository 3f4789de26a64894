import type { Readable } from 'node:stream';
import type { Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import { clientSettings } from '../../database/session/client-settings.ts';
import { noLimit, stateStatement } from '../../database/session/session-state.ts';
import { clientConnectFailure } from '../../database/session/sql-error.ts';
import type { Target } from '../../database/session/target.ts';
import type { Flavour } from '../../sql/flavour.ts';
import { exitText } from '../../system/process/processes.ts';
import { knownOptions, startDumpProgram, targetFrom, type DumpClient } from './clients.ts';

/** A dump that runs. */
export interface Dump {
  /** The dump, as the program writes it. Read it to its end, or abort. */
  readonly stdout: Readable;
  /** Settles when the program has ended well; rejects with a MajError when it has not. */
  readonly finished: Promise<void>;
  /** Ends the program; `finished` rejects. */
  abort(): void;
}

/** What every version of both flavours knows: one snapshot, everything in it, the same bytes every time. */
const dumpOptions = [
  '--single-transaction',
  '--quick',
  '--routines',
  '--events',
  '--triggers',
  '--hex-blob',
  '--skip-dump-date',
  '--default-character-set=utf8mb4',
  '--max-allowed-packet=1G',
  // It would need the PROCESS privilege, for what no backup of one database can hold.
  '--no-tablespaces',
] as const;

/** What only some know, and what they would do without. */
const optionalDumpOptions: readonly (readonly [name: string, option: string])[] = [
  // MySQL writes GTID_PURGED by default, and its dump does not load into the server it came from (error 3546).
  ['set-gtid-purged', '--set-gtid-purged=OFF'],
  // MySQL 8.0's program asks for a table of statistics that no other server has.
  ['column-statistics', '--column-statistics=0'],
  // Without it the former rows of MariaDB's system-versioned tables are left out, in both dumps of a proof alike.
  ['dump-history', '--dump-history'],
];

/** The arguments of the dump program, of which `knows` tells the options, and `state` those for its session. */
export function dumpArguments(
  optionFile: string,
  database: string,
  knows: (option: string) => boolean,
  state: readonly string[] = [],
): readonly string[] {
  const optional = optionalDumpOptions.filter(([name]) => knows(name)).map(([, option]) => option);
  return [`--defaults-file=${optionFile}`, ...dumpOptions, ...optional, ...state, '--', database];
}

/**
 * Starts the vendor's dump of a whole database. It is ended when the context's signal aborts.
 *
 * @throws MajError `dump-settings`
 * @returns `finished` rejects with `dump-failed` in the program's own words, or with the error of a connection that
 *   could not be opened
 */
export async function startDump(
  context: Pick<Context, 'env' | 'signal'>,
  client: DumpClient,
  target: Target,
): Promise<Dump> {
  const knows = await knownOptions(context, client.dump, client.via);
  const state = await dumpStateArguments(context, client, target);
  const seen = targetFrom(client.via, target);
  const { child, release } = await startDumpProgram(context, client, seen, (optionFile) =>
    dumpArguments(optionFile, target.database, knows, state),
  );
  const abort = (): void => child.kill('SIGKILL');
  context.signal.addEventListener('abort', abort, { once: true });
  const finished = child.exited
    .then((exit) => {
      if (exit.code === 0) return;
      const output = child.stderrTail();
      const unconnected = clientConnectFailure(seen, output);
      if (unconnected !== undefined) throw unconnected;
      // A table that was altered, or emptied by TRUNCATE, since the snapshot: what it was then is gone.
      if (/\b1412\b/.test(output)) throw refused('schema-changed', { database: target.database });
      throw refused('dump-failed', { program: client.dump, exit: exitText(exit), output });
    })
    .finally(async () => {
      context.signal.removeEventListener('abort', abort);
      await release();
    });
  // The reader of stdout awaits it last; until then its failure is not "unhandled".
  finished.catch(() => undefined);
  if (context.signal.aborted) abort();
  return { stdout: child.stdout, finished, abort };
}

/** A setting that a dump program cannot be told, and what it must be. */
export interface DumpSetting {
  readonly name: string;
  readonly value: string;
  readonly needed: string;
}

const everywhere = [
  ['sql_select_limit', noLimit],
  ['sql_big_selects', 'ON'],
  ['sql_quote_show_create', 'ON'],
  ['character_set_client', 'utf8mb4'],
  ['character_set_results', 'utf8mb4'],
] as const;

/**
 * What would change a dump, or end it in the middle (every variable of a session was tried). What the programs set
 * themselves is not here: sql_mode, time zone, isolation, MariaDB's max_statement_time; nor does it matter to them whether
 * statements are committed.
 */
const needed: Readonly<Record<Flavour, readonly (readonly [name: string, value: string])[]>> = {
  mariadb: everywhere,
  mysql: [
    ...everywhere,
    ['max_execution_time', '0'],
    ['sql_buffer_result', 'OFF'],
    ['show_create_table_verbosity', 'OFF'],
    ['show_gipk_in_create_table_and_information_schema', 'ON'],
  ],
};

/**
 * Puts the session of the dump program into the known state: by its option for that, which MySQL's newer ones have. A
 * program that has none gets what the server gives to any client of this account: that is asked, and refused where
 * a dump would be cut or changed by it. The proof would be cut alike.
 *
 * @returns the arguments for the program
 * @throws MajError `dump-settings` naming each setting
 */
export async function dumpStateArguments(
  context: Pick<Context, 'env' | 'signal'>,
  client: DumpClient,
  target: Target,
): Promise<readonly string[]> {
  const knows = await knownOptions(context, client.dump, client.via);
  if (knows('init-command')) return [`--init-command=${stateStatement('ours')}`];
  const found = await clientSettings(
    context,
    target,
    needed[client.flavour].map(([name]) => name),
  );
  const settings = unfit(client.flavour, found);
  if (settings.length > 0)
    throw refused('dump-settings', { program: client.dump, user: target.user, settings });
  return [];
}

/** Those that a dump cannot be made in. Pure. */
const unfit = (flavour: Flavour, found: ReadonlyMap<string, string>): DumpSetting[] =>
  needed[flavour].flatMap(([name, value]) => {
    const is = found.get(name);
    return is === undefined || is === value ? [] : [{ name, value: is, needed: value }];
  });
