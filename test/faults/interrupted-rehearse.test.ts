import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, type Session } from '../../scripts/database/session/session.ts';
import { startMaj, type StartedCli } from '../helpers/cli.ts';
import { temporaryFolder, testContext } from '../helpers/context.ts';
import { connectionRunning, connectionWaiting } from '../helpers/held-statement.ts';
import { processesMentioning } from '../helpers/processes.ts';
import { sampleOf } from '../helpers/sample.ts';
import { clientFolder, servers, useServer, type RunningServer, type TestServer } from '../helpers/servers.ts';

/** The steps of a rehearsal. */
const steps = [
  'archive-files',
  'dump-database',
  'start-throwaway',
  'load-backup',
  'compare-database',
  'migrate',
] as const;
const signals = ['SIGINT', 'SIGTERM'] as const;

/** It waits until a test holds the lock `arrived`, and then needs a table that the test has locked: it never ends by itself. */
const endless = `DELIMITER //
CREATE PROCEDURE wait_for_test() BEGIN WHILE IS_FREE_LOCK('arrived') DO DO SLEEP(0.05); END WHILE; END//
DELIMITER ;
CALL wait_for_test();
ALTER TABLE held ADD COLUMN b INT;
DO SLEEP(3600);
`;

/**
 * Milliseconds. It takes two seconds at most where nobody else works; what it must not wait for takes longer than this: a
 * lock (20 s), a server that ends in order, the statement.
 */
const mostMs = 15_000;

interface Rehearsal extends StartedCli {
  readonly project: string;
  /** Where it makes its temporary folders. */
  readonly temporary: string;
  /** Settles when it has begun a step. */
  begun(step: string): Promise<void>;
}

/** @param prepare what happens right before it starts */
async function startRehearsal(
  server: TestServer,
  live: RunningServer,
  prepare: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Rehearsal> {
  const [project, temporary] = [temporaryFolder('p'), temporaryFolder('t')];
  for (const folder of ['app', 'migrations']) mkdirSync(join(project, folder));
  writeFileSync(join(project, 'app', 'VERSION'), '1.0.0\n');
  writeFileSync(join(project, 'migrations', '001_endless.sql'), endless);
  const clients = clientFolder(server);
  const settings = [
    `DB_SOCKET=${live.socket}`,
    'DB_NAME=app',
    'DB_USER=root',
    `APP_DIR=${join(project, 'app')}`,
    `REHEARSAL_SERVER=${server.binDir ?? 'auto'}`,
    ...(clients === undefined ? [] : [`CLIENT_BIN_DIR=${clients}`]),
  ];
  writeFileSync(join(project, '.env'), `${settings.join('\n')}\n`, { mode: 0o600 });
  expect((await startMaj(project, ['migrate', 'baseline', '0', '--yes']).ended).code).toBe(0);
  await prepare();
  const started = startMaj(project, ['rehearse', '--json'], { env: { TMPDIR: temporary } });
  let printed = '';
  const begun = (step: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (text: string): void => {
        printed += text;
        if (printed.includes(`"type":"step-started","step":"${step}"`)) resolve();
      };
      started.child.stdout?.on('data', look);
      void started.ended.then((run) => reject(new Error(`it ended before ${step}: ${run.stdout}`)), reject);
    });
  onTestFinished(() => void started.child.kill('SIGKILL'));
  return { ...started, project, temporary, begun };
}

/** Sends the signal, and expects that nothing is left behind. */
async function expectEnd(rehearsal: Rehearsal, signal: NodeJS.Signals): Promise<void> {
  const { child, ended, project, temporary } = rehearsal;
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), mostMs);
  const run = await ended;
  clearTimeout(late);
  expect([run.code, run.signal], run.stdout).toEqual([130, null]);
  expect(readdirSync(temporary).filter((name) => name.startsWith('maj-'))).toEqual([]);
  expect(processesMentioning(temporary)).toEqual([]);
  const state = join(project, '.maj');
  expect(readdirSync(state).filter((name) => name.startsWith('lock'))).toEqual([]);
  expect(existsSync(join(state, 'receipts'))).toBe(false);
  const backups = join(state, 'backups');
  expect(existsSync(backups) ? readdirSync(backups).filter((name) => name.includes('partial')) : []).toEqual(
    [],
  );
}

describe.each(servers)('on $name, a rehearsal', (server) => {
  const live = useServer(server);
  const open = async (socket: string): Promise<Session> => {
    const session = await connect(testContext(), { ...live().target('app'), socket });
    onTestFinished(() => session.destroy());
    return session;
  };
  const makeDatabase = async (): Promise<Session> => {
    const admin = await live().adminSession();
    await admin.run('DROP DATABASE IF EXISTS app');
    await admin.run('CREATE DATABASE app');
    await admin.run('CREATE TABLE app.held (id INT PRIMARY KEY)');
    return admin;
  };
  const cases = signals.flatMap((signal) => steps.map((step) => ({ signal, step })));

  test.each(sampleOf(cases, servers.indexOf(server)))(
    'ends at $signal in the step $step',
    { timeout: 120_000 },
    async ({ signal, step }) => {
      await makeDatabase();
      const rehearsal = await startRehearsal(server, live());
      await rehearsal.begun(step);
      await expectEnd(rehearsal, signal);
    },
  );

  test.each(signals)(
    'ends at %s while it waits for a table of the live database',
    { timeout: 120_000 },
    async (signal) => {
      const admin = await makeDatabase();
      const other = await open(live().socket);
      const rehearsal = await startRehearsal(server, live(), () => other.run('LOCK TABLES held WRITE'));
      await connectionWaiting(admin);
      await expectEnd(rehearsal, signal);
    },
  );

  test.each(signals)(
    'ends at %s while a statement waits for a lock on the copy',
    { timeout: 120_000 },
    async (signal) => {
      await makeDatabase();
      const rehearsal = await startRehearsal(server, live());
      await rehearsal.begun('migrate');
      const [folder] = readdirSync(rehearsal.temporary).filter((name) => name.includes('-db-'));
      const socket = join(rehearsal.temporary, folder ?? '', 'r', 's');
      const [holder, other] = [await open(socket), await open(socket)];
      await holder.run('LOCK TABLES held WRITE');
      await other.rows("SELECT GET_LOCK('arrived', 0)");
      await connectionRunning(other, 'ALTER TABLE held');
      await expectEnd(rehearsal, signal);
    },
  );
});
