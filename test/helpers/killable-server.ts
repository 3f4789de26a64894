import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { withSession, type Session } from '../../scripts/database/session/session.ts';
import type { Target } from '../../scripts/database/session/target.ts';
import { serverOptions, placesIn } from '../../scripts/server/server-options.ts';
import { serverTemplate } from '../../scripts/server/server-template.ts';
import { temporaryFolder, testContext } from './context.ts';
import type { TestServer } from './servers.ts';

/** A server that keeps its data when it is killed, and can be started again. */
export interface KillableServer {
  readonly socket: string;
  target(database: string): Target;
  /** The process id that it has now. */
  pid(): number;
  /** Ends it as a crash does; somebody else may have done so already. */
  kill(): Promise<void>;
  start(): Promise<void>;
  answers(): Promise<boolean>;
  /** In no database. */
  run<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

/** Starts such a server before the tests of this file (or block), as durable as a live one, and ends it after them. */
export function useKillableServer(server: TestServer): () => KillableServer {
  let running: KillableServer | undefined;
  beforeAll(async () => {
    running = await makeServer(server);
    await running.start();
  });
  afterAll(() => running?.kill());
  return () => {
    if (running === undefined) throw new Error('The server runs only while the tests do.');
    return running;
  };
}

async function makeServer({ programs }: TestServer): Promise<KillableServer> {
  const context = testContext();
  const folder = temporaryFolder('live');
  const { data, temporary, run: runFolder, socket } = placesIn(folder);
  mkdirSync(temporary);
  mkdirSync(runFolder);
  cpSync(await serverTemplate(context, programs, {}), data, { recursive: true });
  const options = serverOptions(programs, folder, { durable: true });
  let child: ChildProcess | undefined;
  const target = (database: string): Target => ({
    host: 'localhost',
    port: 0,
    socket,
    user: 'root',
    password: undefined,
    database,
    sslMode: 'disabled',
    sslCa: undefined,
  });
  const run = <T>(work: (session: Session) => Promise<T>): Promise<T> =>
    withSession(context, target('mysql'), work, { database: null });
  const answers = async (): Promise<boolean> => {
    try {
      await run((session) => session.run('DO 1'));
      return true;
    } catch {
      return false;
    }
  };
  return {
    socket,
    target,
    pid: () => child?.pid ?? 0,
    run,
    answers,
    kill: async () => {
      const killed = child;
      child = undefined;
      // What has ended does not end again.
      if (killed?.exitCode !== null || killed.signalCode !== null) return;
      const ended = once(killed, 'exit');
      killed.kill('SIGKILL');
      await ended;
    },
    start: async () => {
      const started = spawn(programs.server, options, { stdio: 'ignore' });
      child = started;
      // After a crash it recovers first, however long that takes: only its end tells that it will never answer.
      while (!(await answers())) {
        if (started.exitCode !== null || started.signalCode !== null)
          throw new Error('The server did not start.');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}
