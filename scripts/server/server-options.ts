import { totalmem, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Session } from '../database/session/session.ts';
import type { Flavour } from '../sql/flavour.ts';
import type { ServerPrograms } from './programs.ts';

/** How a server keeps the names of tables: 0 as written, 1 in lower case, 2 as written but compared in lower case. */
export type LowerCaseTableNames = 0 | 1 | 2;

/** What a throwaway server may have to be like the source. */
export interface ServerLikeness {
  /** The source's lower_case_table_names: fixed when the data folder is made. */
  readonly lowerCaseTableNames?: LowerCaseTableNames;
  /** The source's time zone, a name or an offset; not given: this machine's. */
  readonly timeZone?: string;
  /** Whether what is committed is on disk, as on a live server: for measuring what a live server takes. */
  readonly durable?: boolean;
  /**
   * Whether there is a binary log, as on most live servers: it makes a server ask for more of who makes functions or triggers
   * (errors 1418, 1419). Nothing is written to it. It trusts who makes them until it is told otherwise: what is on the live
   * server was made there already.
   */
  readonly binaryLog?: boolean;
  /**
   * Whether it counts what it refuses (`denialsOf`). MySQL does only with its performance schema, which takes a second of
   * processor time and 250 MB for each start (9.7).
   */
  readonly countsRefusals?: boolean;
}

/** Both servers refuse to run as root without being told to. */
const asRoot = (): string[] => (userInfo().uid === 0 ? ['--user=root'] : []);

const likenessOptions = (likeness: ServerLikeness): string[] =>
  likeness.lowerCaseTableNames === undefined
    ? []
    : [`--lower-case-table-names=${likeness.lowerCaseTableNames}`];

/**
 * A time zone as the variable TZ takes it. Servers know zones by their names only when tables of them were loaded; the C
 * library does without. Its offsets have the other sign (tzset(3)).
 */
export function machineZone(timeZone: string): string {
  const [, sign, offset] = /^([+-])(\d\d:\d\d)$/.exec(timeZone) ?? [];
  if (sign === undefined) return timeZone;
  return `<maj>${sign === '+' ? '-' : '+'}${offset}`;
}

/**
 * The command that makes a data folder with an account root that needs no password. The redo log is small, because
 * the folder is copied for every server.
 */
export function initialiseCommand(
  programs: ServerPrograms,
  dataFolder: string,
  likeness: ServerLikeness,
): { readonly program: string; readonly args: readonly string[] } {
  const { server, installDb } = programs;
  const everywhere = [
    `--datadir=${dataFolder}`,
    '--innodb-flush-method=nosync',
    ...likenessOptions(likeness),
  ];
  // Below 16 MB the initialisation waits for its own log.
  const ofServer = ['--disable-log-bin', '--loose-innodb-redo-log-capacity=16M', '--innodb-doublewrite=0'];
  if (installDb === undefined)
    return {
      program: server,
      args: ['--no-defaults', '--initialize-insecure', ...everywhere, ...ofServer, ...asRoot()],
    };
  // An unpacked archive of MariaDB's keeps the script in `scripts`, and needs to be told where it was unpacked.
  const archive = /^(.+)\/scripts\/[^/]+$/.exec(installDb)?.[1];
  const first = ['--no-defaults', ...(archive === undefined ? [] : [`--basedir=${archive}`])];
  const ofScript = [
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--innodb-log-file-size=8M',
  ];
  return { program: installDb, args: [...first, ...everywhere, ...ofScript, ...asRoot()] };
}

/**
 * Where a throwaway server keeps what, below its folder. What it writes itself is in folders of its own: of root's, that
 * folder is root's. Names are short: a socket's path has 107 bytes at most.
 */
export const placesIn = (
  folder: string,
): Record<'data' | 'temporary' | 'run' | 'socket' | 'pidFile' | 'log' | 'binaryLog', string> => ({
  data: join(folder, 'data'),
  temporary: join(folder, 'tmp'),
  run: join(folder, 'r'),
  socket: join(folder, 'r', 's'),
  pidFile: join(folder, 'r', 'pid'),
  log: join(folder, 'log'),
  binaryLog: join(folder, 'data', 'binlog'),
});

/**
 * The options of a throwaway server: reachable over its socket alone, nothing flushed, nothing that runs by itself.
 * `--no-defaults` must be first. `loose` marks what some versions do not have.
 *
 * @param runsAs who starts it, or another user that it was made
 */
export function serverOptions(
  programs: ServerPrograms,
  folder: string,
  likeness: ServerLikeness,
  runsAs: 'us' | 'another' = 'us',
): readonly string[] {
  const places = placesIn(folder);
  return [
    '--no-defaults',
    `--datadir=${places.data}`,
    `--tmpdir=${places.temporary}`,
    `--socket=${places.socket}`,
    `--pid-file=${places.pidFile}`,
    '--skip-networking',
    // MariaDB then keeps the files of every table in its own folder.
    '--loose-skip-symbolic-links',
    // Rows are loaded several times faster by LOAD DATA; nobody but us can reach this server.
    '--local-infile=ON',
    '--event-scheduler=OFF',
    '--character-set-server=utf8mb4',
    '--max-allowed-packet=1G',
    ...(likeness.durable === true ? durableOptions : volatileOptions),
    `--innodb-buffer-pool-size=${bufferPoolBytes(totalmem())}`,
    // The default of 200 pages a second is for disks that turn; a load then waits for room in the redo log.
    '--innodb-io-capacity=2000',
    '--innodb-io-capacity-max=20000',
    ...ofFlavour[programs.flavour](likeness, places.temporary),
    ...(likeness.binaryLog === true
      ? [
          `--log-bin=${places.binaryLog}`,
          '--server-id=1',
          '--binlog-do-db=maj_logs_nothing',
          '--log-bin-trust-function-creators=ON',
        ]
      : ['--skip-log-bin']),
    ...likenessOptions(likeness),
    ...(runsAs === 'us' ? asRoot() : []),
  ];
}

const mib = 1024 * 1024;

/** An eighth of the machine, which has other things to do: a live server among them. Taken only as it is filled. */
const bufferPoolBytes = (memoryBytes: number): number =>
  Math.min(1024, Math.max(256, Math.floor(memoryBytes / 8 / mib))) * mib;

const durableOptions: readonly string[] = ['--innodb-flush-log-at-trx-commit=1', '--innodb-doublewrite=1'];

const volatileOptions: readonly string[] = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-doublewrite=0',
  '--loose-innodb-flush-method=nosync',
];

/** What only one flavour has, or needs. */
const ofFlavour: Readonly<Record<Flavour, (likeness: ServerLikeness, empty: string) => readonly string[]>> = {
  mariadb: ({ durable }, empty) => [
    '--performance-schema=OFF',
    // It has no value that forbids files altogether: it may read those of an empty folder.
    `--secure-file-priv=${empty}`,
    '--innodb-log-file-size=512M',
    // What the server itself flushes, beside InnoDB: the definition of each table, and for each that is made or dropped a
    // dozen times the log that says how far that has got (10.6 and later).
    ...(durable === true ? [] : ['--debug-no-sync']),
  ],
  mysql: ({ countsRefusals }) => [
    '--secure-file-priv=NULL',
    '--loose-mysqlx=OFF',
    '--loose-innodb-redo-log-capacity=512M',
    // MySQL 8.4 and later refuse, on load, a foreign key to a column that is not unique, which 8.0 accepted (6125).
    '--loose-restrict-fk-on-non-standard-key=OFF',
    // Of the performance schema only the count of errors is needed, for which all of it must be there.
    ...(countsRefusals === true
      ? [
          '--performance-schema=ON',
          '--performance-schema-instrument=%=OFF',
          '--performance-schema-instrument=error=ON',
        ]
      : ['--performance-schema=OFF']),
  ],
};

/** Reads a server's lower_case_table_names. */
export async function readLowerCaseTableNames(session: Session): Promise<LowerCaseTableNames> {
  const [row] = await session.rows('SELECT @@GLOBAL.lower_case_table_names AS mode');
  const mode = Number(row?.['mode']);
  return mode === 1 || mode === 2 ? mode : 0;
}

/**
 * What a throwaway server has to be made with for a backup: for the names of its tables, and for what is computed in the
 * time zone of its server. 2 is for file systems that do not tell cases apart, and refused on others: names in it are as
 * written, as with 0.
 */
export const likenessFor = (source: {
  readonly lowerCaseTableNames?: LowerCaseTableNames | undefined;
  readonly timeZone?: string | undefined;
}): ServerLikeness => ({
  ...(source.lowerCaseTableNames === 1 ? { lowerCaseTableNames: 1 } : {}),
  ...(source.timeZone === undefined ? {} : { timeZone: source.timeZone }),
});
