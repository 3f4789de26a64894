import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../scripts/core/context.ts';
import { withSession } from '../../scripts/database/session/session.ts';
import { withThrowaway, type Throwaway } from '../../scripts/server/throwaway.ts';
import { temporaryFolder, testContext } from '../helpers/context.ts';
import { fillDatabase } from './fill.ts';
import type { BenchOptions } from './options.ts';
import { builtProgram } from './program.ts';
import { pipeline, timed, type Timed } from './timed.ts';
import { findTools, type Tools } from './tools.ts';
import { withOptionFile } from '../helpers/vendor-clients.ts';

/** The database that `maj` works on. */
export const liveDatabase = 'bench';

/** A server of the benchmark's own, and what is timed on it. */
export interface BenchServer {
  /** `MariaDB 10.11.6`. */
  readonly text: string;
  readonly socket: string;
  /** A folder for dumps and trees; removed at the end. */
  readonly folder: string;
  /** The built command. */
  readonly program: string;
  /** What `maj` has to be told of the server. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where `maj` keeps its backups. */
  readonly backups: string;
  /** Runs statements in a database, or in none. */
  sql(database: string | null, ...statements: readonly string[]): Promise<void>;
  /** Makes the live database, with about so many bytes of SQL text. */
  fill(totalBytes: number): Promise<void>;
  /** Makes a database that has nothing in it, in place of one of that name. */
  empty(database: string): Promise<void>;
  /** Times the vendor's dump of the live database; `into` is how a shell goes on, with `$out` for a path. */
  dump(into: string, out?: string): Promise<Timed>;
  /** Times the vendor's client on a dump. */
  load(database: string, dump: string): Promise<Timed>;
  /** Times our command. */
  maj(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Timed>;
}

/** Starts a server for a piece of work, and leaves nothing of it behind. */
export async function withBenchServer<T>(
  options: Pick<BenchOptions, 'server' | 'durable' | 'seed'>,
  work: (server: BenchServer) => Promise<T>,
): Promise<T> {
  const context = testContext();
  const tools = await findTools(context, options.server);
  const program = await builtProgram();
  const folder = temporaryFolder('bench');
  try {
    return await withThrowaway(
      context,
      tools.programs,
      (throwaway) =>
        withOptionFile(throwaway.target(liveDatabase), tools.programs.flavour, (optionFile) =>
          work(benchServer({ context, tools, throwaway, folder, optionFile, program, ...options })),
        ),
      { durable: options.durable },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Parts extends Pick<BenchOptions, 'server' | 'seed'> {
  readonly context: Context;
  readonly tools: Tools;
  readonly throwaway: Throwaway;
  readonly folder: string;
  readonly optionFile: string;
  /** The built command. */
  readonly program: string;
}

function benchServer(parts: Parts): BenchServer {
  const { context, tools, throwaway, folder, optionFile } = parts;
  const target = throwaway.target(liveDatabase);
  const backups = join(folder, 'backups');
  const settings = {
    DB_SOCKET: throwaway.socket,
    DB_NAME: liveDatabase,
    DB_USER: 'root',
    BACKUP_DIR: backups,
    REHEARSAL_SERVER: parts.server,
    ...(tools.clientFolder === undefined ? {} : { CLIENT_BIN_DIR: tools.clientFolder }),
  };
  const sql: BenchServer['sql'] = (database, ...statements) =>
    withSession(
      context,
      target,
      async (session) => {
        for (const statement of statements) await session.run(statement);
      },
      { database },
    );
  const empty: BenchServer['empty'] = (database) =>
    sql(null, `DROP DATABASE IF EXISTS ${database}`, `CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  return {
    text: throwaway.server.text,
    socket: throwaway.socket,
    folder,
    program: parts.program,
    settings,
    backups,
    sql,
    empty,
    fill: async (totalBytes) => {
      await empty(liveDatabase);
      await withSession(context, target, (session) => fillDatabase(session, totalBytes, parts.seed));
    },
    dump: (into, out = '') =>
      timed(pipeline(`out=$1; shift; "$@" ${into}`, [out, ...tools.dump(optionFile, liveDatabase)])),
    load: (database, dump) =>
      timed(pipeline('dump=$1; shift; "$@" < "$dump"', [dump, ...tools.load(optionFile, database)])),
    maj: (words, env = {}) =>
      timed([process.execPath, parts.program, ...words, '--project', folder], {
        env: { ...settings, ...env },
      }),
  };
}
