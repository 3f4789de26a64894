import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Config } from '../../scripts/config/settings.ts';
import { MajError } from '../../scripts/core/errors.ts';
import { connect, withSession, type Session } from '../../scripts/database/session/session.ts';
import type { Target } from '../../scripts/database/session/target.ts';
import { findServerPrograms, type ServerPrograms } from '../../scripts/server/programs.ts';
import type { ServerLikeness } from '../../scripts/server/server-options.ts';
import { startThrowaway, type Throwaway } from '../../scripts/server/throwaway.ts';
import type { Flavour } from '../../scripts/sql/flavour.ts';
import { quoteName } from '../../scripts/sql/quote.ts';
import { testContext, type TestContext } from './context.ts';

/** A server that the tests run on. */
export interface TestServer {
  /** `MariaDB 10.11.6`. */
  readonly name: string;
  readonly flavour: Flavour;
  /** The folder of the server program; undefined: found on PATH. */
  readonly binDir: string | undefined;
  readonly programs: ServerPrograms;
}

/** A server that runs for the tests of one file. */
export interface RunningServer {
  readonly socket: string;
  target(database: string): Target;
  /** Makes an empty utf8mb4 database; its name. */
  createDatabase(name?: string): Promise<string>;
  /** A context whose settings point at this server, as root; its clients are the server's own. */
  context(extra?: Partial<Config>): TestContext;
  /** A session as root, in no database; closed when the file's tests are done. */
  adminSession(): Promise<Session>;
}

/**
 * Every server of TEST_SERVER_DIRS, else of each flavour the one on PATH. None at all is an error, never a skip.
 * For what depends on the version of a server: dumping, loading, proving, restoring, and starting a throwaway server.
 */
export const everyServer: readonly TestServer[] = await findServers();

/**
 * The first server of each flavour. For everything else: what differs there is the flavour, and a third server would
 * cost as much time as the first one without showing more.
 */
export const servers: readonly TestServer[] = everyServer.filter(
  ({ flavour }, index) => everyServer.findIndex((server) => server.flavour === flavour) === index,
);

/** Starts a throwaway server before the tests of this file (or block) and ends it after them. */
export function useServer(server: TestServer, likeness: ServerLikeness = {}): () => RunningServer {
  let throwaway: Throwaway | undefined;
  const sessions: Session[] = [];
  beforeAll(async () => {
    throwaway = await startThrowaway(testContext(), server.programs, likeness);
  });
  afterAll(async () => {
    for (const session of sessions) session.destroy();
    await throwaway?.close();
  });
  return () => {
    if (throwaway === undefined) throw new Error('The server runs only while the tests do.');
    return runningServer(server, throwaway, sessions);
  };
}

let databases = 0;

function runningServer(server: TestServer, throwaway: Throwaway, sessions: Session[]): RunningServer {
  const context = testContext();
  return {
    socket: throwaway.socket,
    target: (database) => throwaway.target(database),
    createDatabase: async (name = `test_${(databases += 1)}`) => {
      await withSession(context, throwaway.target('mysql'), (session) =>
        session.run(`CREATE DATABASE ${quoteName(name)} CHARACTER SET utf8mb4`),
      );
      return name;
    },
    context: (extra = {}) =>
      testContext({
        config: {
          DB_SOCKET: throwaway.socket,
          DB_USER: 'root',
          DB_SSL_MODE: 'disabled',
          CLIENT_BIN_DIR: clientFolder(server),
          REHEARSAL_SERVER: server.binDir ?? 'auto',
          ...extra,
        },
      }),
    adminSession: async () => {
      const session = await connect(context, throwaway.target('mysql'), { database: null });
      sessions.push(session);
      return session;
    },
  };
}

/** The folder of the clients of a server; packages keep the server in sbin and its clients in bin. */
export function clientFolder(server: TestServer): string | undefined {
  if (server.binDir === undefined) return undefined;
  return [server.binDir, join(server.binDir, '..', 'bin')].find(
    (folder) => existsSync(join(folder, 'mysqldump')) || existsSync(join(folder, 'mariadb-dump')),
  );
}

async function findServers(): Promise<TestServer[]> {
  const context = testContext();
  const folders = process.env['TEST_SERVER_DIRS']?.split(':').filter((folder) => folder !== '');
  if (folders !== undefined && folders.length > 0) {
    return Promise.all(
      folders.map(async (folder) => testServer(await findServerPrograms(context, folder), folder)),
    );
  }
  const found: TestServer[] = [];
  for (const flavour of ['mariadb', 'mysql'] as const) {
    try {
      found.push(testServer(await findServerPrograms(context, 'auto', flavour), undefined));
    } catch (error) {
      if (!(error instanceof MajError) || error.code !== 'server-programs-missing') throw error;
    }
  }
  // Throws the error that says how to install one.
  if (found.length === 0) await findServerPrograms(context, 'auto');
  return found;
}

function testServer(programs: ServerPrograms, binDir: string | undefined): TestServer {
  return { name: programs.text, flavour: programs.flavour, binDir, programs };
}
