import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connect } from '../../scripts/database/session/session.ts';
import { startMaj, type CliRun } from '../helpers/cli.ts';
import { temporaryFolder, testContext } from '../helpers/context.ts';
import { useKillableServer, type KillableServer } from '../helpers/killable-server.ts';
import { clientFolder, servers, type TestServer } from '../helpers/servers.ts';

/** Every number is inserted once, by a statement of its own; every third statement or so is DDL. */
const numbers = 90;
const scripts = (): Readonly<Record<string, string>> => {
  const lines = ['CREATE TABLE log (n INT NOT NULL) ENGINE=InnoDB;'];
  for (let n = 1; n <= numbers; n += 1) {
    if (n % 9 === 1) lines.push(`ALTER TABLE log ADD COLUMN c${n} INT;`);
    if (n % 30 === 20) lines.push('BEGIN;');
    lines.push(`INSERT INTO log (n) VALUES (${n});`);
    if (n % 30 === 25) lines.push('COMMIT;');
    if (n % 15 === 0) lines.push(`CREATE TABLE t${n} SELECT n FROM log;`, `SET @seen = ${n};`);
  }
  const third = Math.ceil(lines.length / 3);
  return {
    '001_first.sql': lines.slice(0, third).join('\n'),
    '002_second.sql': lines.slice(third, 2 * third).join('\n'),
    '003_third.sql': lines.slice(2 * third).join('\n'),
  };
};

const killed = ['client', 'connection', 'server'] as const;
type Killed = (typeof killed)[number];

/** When to kill, as a share of the time that the run takes; and what. */
const count = process.env['FAULTS'] === 'all' ? 100 : 6;
const points = Array.from({ length: count }, (_, index) => ({
  share: (index + 0.5) / count,
  what: killed[index % killed.length] ?? 'client',
}));

describe.each(servers)('on $name, migrations of which something is killed', (server) => {
  const running = useKillableServer(server);

  test('go on to the end, every statement applied exactly once', { timeout: 900_000 }, async () => {
    const project = await rehearsedProject(server, running());
    await emptyDatabase(running());
    const { whole } = await runAndKill(project, running(), undefined);
    await expectWhole(running());
    for (const { share, what } of points) {
      await emptyDatabase(running());
      const first = await runAndKill(project, running(), { afterMs: share * whole, what });
      const left = await ledgerOf(running());
      const last = await resume(project);
      const story = `${what} at ${share.toFixed(2)}: ${first.stderr}\n${left}\n${last.stderr}`;
      expect(last.code, story).toBe(0);
      await expectWhole(running());
    }
  });
});

async function emptyDatabase(server: KillableServer): Promise<void> {
  await server.run(async (session) => {
    await session.run('DROP DATABASE IF EXISTS app');
    await session.run('CREATE DATABASE app CHARACTER SET utf8mb4');
  });
}

async function rehearsedProject(server: TestServer, live: KillableServer): Promise<string> {
  const project = temporaryFolder('project');
  await mkdir(join(project, 'migrations'));
  for (const [name, text] of Object.entries(scripts()))
    await writeFile(join(project, 'migrations', name), text);
  const clients = clientFolder(server);
  const settings = [
    `DB_SOCKET=${live.socket}`,
    'DB_NAME=app',
    'DB_USER=root',
    `REHEARSAL_SERVER=${server.binDir ?? 'auto'}`,
    ...(clients === undefined ? [] : [`CLIENT_BIN_DIR=${clients}`]),
  ];
  await writeFile(join(project, '.env'), `${settings.join('\n')}\n`, { mode: 0o600 });
  await emptyDatabase(live);
  await startMaj(project, ['backup', '--database-only']).ended;
  const dry = await startMaj(project, ['migrate', '--dry-run']).ended;
  expect(dry.code, dry.stderr).toBe(0);
  return project;
}

/** Runs the migrations; how long they took, from their first write on, in milliseconds. */
async function runAndKill(
  project: string,
  server: KillableServer,
  kill: { readonly afterMs: number; readonly what: Killed } | undefined,
): Promise<{ readonly whole: number; readonly stderr: string }> {
  const { child, ended } = startMaj(project, ['migrate', '--yes']);
  const over = ended.then(() => true);
  await ledgerThere(server, over);
  const since = Date.now();
  if (kill !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, kill.afterMs));
    if (kill.what === 'client') child.kill('SIGKILL');
    if (kill.what === 'connection') await killScript(server);
    if (kill.what === 'server') await server.kill();
  }
  const { code, stderr } = await ended;
  if (kill === undefined) expect(code, stderr).toBe(0);
  const whole = Date.now() - since;
  if (kill?.what === 'server') await server.start();
  return { whole, stderr };
}

/** What the ledger says, and what still runs, for the report of a failure. */
async function ledgerOf(server: KillableServer): Promise<string> {
  let told = '';
  await server.run(async (session) => {
    const ledger = await session.rows('SELECT * FROM app.schema_versions').catch(() => []);
    const running = await session.rows(
      "SELECT ID, COMMAND, STATE, INFO FROM information_schema.PROCESSLIST WHERE DB = 'app'",
    );
    told = JSON.stringify({ ledger, running }, undefined, 1);
  });
  return told;
}

/** Waits until the run has begun to write. */
async function ledgerThere(server: KillableServer, over: Promise<boolean>): Promise<void> {
  const session = await connect(testContext(), server.target('mysql'), { database: null });
  for (;;) {
    const [found] = await session.rows(
      "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'app' AND TABLE_NAME = 'schema_versions'",
    );
    const pause = new Promise<false>((resolve) => setTimeout(resolve, 2, false));
    if (found !== undefined || (await Promise.race([over, pause]))) break;
  }
  await session.close();
}

/** Kills the connection that the scripts run on; the ledger names it. */
async function killScript(server: KillableServer): Promise<void> {
  await server.run(async (session) => {
    const [row] = await session.rows(
      "SELECT connection_id AS id FROM app.schema_versions WHERE state = 'applying' LIMIT 1",
    );
    if (row !== undefined) await session.run(`KILL ${Number(row['id'])}`).catch(() => undefined);
  });
}

/** As a user would: until it is done, or says why not; the server frees the lock of a dead run a moment later. */
async function resume(project: string): Promise<CliRun> {
  for (let attempt = 0; ; attempt += 1) {
    const run = await startMaj(project, ['migrate', 'resume', '--yes']).ended;
    if (run.code !== 5 || attempt === 20) return run;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function expectWhole(server: KillableServer): Promise<void> {
  await server.run(async (session) => {
    const rows = await session.rows('SELECT n FROM app.log ORDER BY n');
    expect(rows.map(({ n }) => Number(n))).toEqual(Array.from({ length: numbers }, (_, index) => index + 1));
    for (const n of [15, 30, 45, 60, 75, 90]) {
      const [row] = await session.rows(`SELECT COUNT(*) AS found FROM app.t${n}`);
      expect(Number(row?.['found'])).toBe(n);
    }
    const ledger = await session.rows('SELECT state, in_flight AS doubt FROM app.schema_versions');
    expect(ledger).toEqual(Array(3).fill({ state: 'applied', doubt: null }));
  });
}
