import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, chmod, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { withSession } from '../../scripts/database/session/session.ts';
import { systemClock } from '../../scripts/core/clock.ts';
import { quoteWords } from '../../scripts/system/process/shell-words.ts';
import { allowLocking, lockedOf } from '../helpers/account-locks.ts';
import { temporaryFolder, testContext } from '../helpers/context.ts';
import { servers } from '../helpers/servers.ts';
import { expectVersion, useSites, type TestSite } from '../helpers/site.ts';
import { strikeIn } from '../helpers/strike.ts';

const serviceProgram = fileURLToPath(new URL('../helpers/writing-service.mjs', import.meta.url));

/** A service that writes to the database of a site, and the commands that stop and start it. */
interface Service {
  readonly stop: string;
  readonly start: string;
  runs(): boolean;
  /** The rows that the server has taken. */
  taken(): Promise<readonly string[]>;
  /** How many it had taken each time that the service was stopped. */
  stops(): Promise<readonly number[]>;
}

const services: Service[] = [];

async function serviceOf(
  site: TestSite,
  account: { readonly user?: string; readonly password?: string } = {},
): Promise<Service> {
  const folder = temporaryFolder('service');
  const [settings, pid, taken, atStop] = ['settings', 'pid', 'taken', 'at-stop'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const { socket, user, password, database } = site.target;
  const access = { socketPath: socket, user, password: password?.reveal(), database, ...account };
  await writeFile(settings, JSON.stringify(access), { mode: 0o600 });
  const run = quoteWords([process.execPath, serviceProgram, String(process.pid), settings, pid, taken]);
  const service: Service = {
    stop: `! test -e ${pid} || { kill $(cat ${pid}); while test -e ${pid}; do sleep 0.05; done; wc -l < ${taken} >> ${atStop}; }`,
    start: `test -e ${pid} || { ${run} >/dev/null 2>&1 & while ! test -e ${pid}; do sleep 0.05; done; }`,
    runs: () => existsSync(pid),
    taken: async () => (await readFile(taken, 'utf8')).trim().split('\n'),
    stops: async () => (await readFile(atStop, 'utf8')).trim().split('\n').map(Number),
  };
  services.push(service);
  return service;
}

const sh = (command: string): void => void execFileSync('sh', ['-c', command]);

/** Of these rows those that the database does not have. */
async function missing(site: TestSite, rows: readonly string[]): Promise<readonly string[]> {
  const found = await withSession(testContext(), site.target, (session) =>
    session.rows("SELECT name FROM projects WHERE name LIKE 'job %'"),
  );
  const names = new Set(found.map(({ name }) => String(name)));
  return rows.filter((row) => !names.has(row));
}

describe.each(servers)('beneath a service that goes on writing, on $name,', (server) => {
  // With what a server of MySQL has by default, and MariaDB's has not.
  const newSite = useSites(server, 100, { countsRefusals: true });
  const program = server.flavour === 'mysql' ? ', queue-worker' : '';
  const named = new RegExp(
    `connection \\d+ of intimemanager@localhost${program}: (runs a statement|has an open|has been idle)`,
  );

  afterEach(() => {
    for (const { stop } of services.splice(0)) sh(stop);
  });

  test('nothing fails without naming it, and a restore does not begin', async () => {
    const site = await newSite();
    const service = await serviceOf(site);
    sh(service.start);

    const failed = await site.maj('upgrade', '2.0.1');
    expect([10, 11], failed.stderr).toContain(failed.code);
    expect(failed.stderr).toContain('somebody still writes to projects');
    expect(failed.stderr).toMatch(named);
    expect(failed.stderr).toContain('APP_STOP_COMMAND');
    if (failed.code === 11) {
      const end = failed.stderr.slice(failed.stderr.indexOf('rolling it back failed too'));
      expect(end).toMatch(named);
      expect(end).toContain('APP_STOP_COMMAND');
      sh(service.stop);
      const back = await site.maj('upgrade', '--roll-back', '--yes');
      expect(back.code, back.stderr).toBe(0);
      sh(service.start);
    }
    await expectVersion(site, '1.0.0');

    await appendFile(join(site.project, '.env'), 'MAINTENANCE_DRAIN=2s\n');
    const refused = await site.maj('restore', '--yes');
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toMatch(/projects.*The restore did not begin/);
    expect(refused.stderr).toMatch(named);
    expect(refused.stderr).toContain('APP_STOP_COMMAND');
    await expectVersion(site, '1.0.0');
    const plan = await site.maj('restore', '--plan');
    expect(plan.code, plan.stderr).toBe(0);
  });

  test('everything is exact where it can be stopped, and it runs again in the end', async () => {
    const site = await newSite();
    const service = await serviceOf(site);
    // In files of their own: a setting holds one line without quotes of its own.
    const commands = { stop: join(site.folder, 'stop'), start: join(site.folder, 'start') };
    for (const which of ['stop', 'start'] as const) {
      await writeFile(commands[which], `#!/bin/sh\n${service[which]}\n`);
      await chmod(commands[which], 0o755);
    }
    await appendFile(
      join(site.project, '.env'),
      `APP_STOP_COMMAND=${commands.stop}\nAPP_START_COMMAND=${commands.start}\n`,
    );
    sh(service.start);

    const failed = await site.maj('upgrade', '2.0.1');
    expect(failed.code, failed.stderr).toBe(10);
    expect(failed.stderr).not.toContain('still writes');
    expect(service.runs()).toBe(true);
    await expectVersion(site, '1.0.0');

    const upgraded = await site.maj('upgrade', '1.1.0');
    expect(upgraded.code, upgraded.stderr).toBe(0);
    expect(service.runs()).toBe(true);
    // Only what it wrote between its start and the failed health check is gone.
    const [rows, stops] = [await service.taken(), await service.stops()];
    const [opened = 0, failing = 0, closed = 0] = stops;
    expect(stops).toHaveLength(3);
    const kept = [...rows.slice(0, opened), ...rows.slice(failing, closed)];
    expect(await missing(site, kept)).toEqual([]);
    await expectVersion(site, '1.1.0');

    const oldest = (await readdir(join(site.project, '.maj', 'backups'))).sort()[0] ?? '';
    const restored = await site.maj('restore', oldest, '--yes');
    expect(restored.code, restored.stderr).toBe(0);
    expect(service.runs()).toBe(true);
    await expectVersion(site, '1.0.0');

    // What cannot be stopped is not worked beneath; what cannot be started is taken back.
    const { stop, start } = commands;
    const right = await readFile(start, 'utf8');
    await writeFile(stop, '#!/bin/sh\necho will not stop >&2\nexit 7\n');
    const unstopped = await site.maj('upgrade', '1.1.0');
    expect(unstopped.code, unstopped.stderr).toBe(3);
    expect(unstopped.stderr).toMatch(/APP_STOP_COMMAND failed .*exit 7\nwill not stop/);
    const unrestored = await site.maj('restore', oldest, '--yes');
    expect(unrestored.code, unrestored.stderr).toBe(3);
    expect(service.runs()).toBe(true);
    await expectVersion(site, '1.0.0');

    await writeFile(stop, `#!/bin/sh\n${service.stop}\n`);
    await writeFile(start, '#!/bin/sh\necho will not start >&2\nexit 7\n');
    const unstarted = await site.maj('upgrade', '1.1.0');
    expect(unstarted.code, unstarted.stderr).toBe(11);
    expect(unstarted.stderr).toMatch(/APP_START_COMMAND failed .*exit 7\nwill not start/);
    expect(unstarted.stderr).toContain('maj upgrade --roll-back');
    expect(unstarted.stderr).toMatch(/^State: Files and database are as before.*\. Maintenance stays on\.$/m);
    expect(await site.inMaintenance()).toBe(true);
    await writeFile(start, right);
    const back = await site.maj('upgrade', '--roll-back', '--yes');
    expect(back.code, back.stderr).toBe(0);
    expect(service.runs()).toBe(true);
    await expectVersion(site, '1.0.0');

    await writeFile(start, '#!/bin/sh\nexit 7\n');
    const unopened = await site.maj('restore', oldest, '--yes');
    expect(unopened.code, unopened.stderr).toBe(11);
    expect(unopened.stderr).toMatch(/^State: .*as in the backup.*\. Maintenance stays on\.$/m);
    expect(unopened.stderr).toContain(`maj restore ${oldest}`);
    expect(await site.inMaintenance()).toBe(true);
    await writeFile(start, right);
    expect((await site.maj('restore', oldest, '--yes')).code).toBe(0);
    await expectVersion(site, '1.0.0');
  });

  test('everything is exact where it is locked out of the database', async () => {
    const site = await newSite();
    await site.asAdmin(async (session) => {
      await session.run("DROP USER IF EXISTS worker@'localhost'");
      await session.run("CREATE USER worker@'localhost' IDENTIFIED BY 'secret'");
      await session.run("GRANT ALL ON intimemanager.* TO worker@'localhost'");
      await allowLocking(session, "intimemanager@'localhost'");
    });
    const service = await serviceOf(site, { user: 'worker', password: 'secret' });
    await appendFile(join(site.project, '.env'), 'APP_DB_ACCOUNTS=worker\n');
    sh(service.start);
    expect((await site.maj('status')).stdout).toContain('(APP_DB_ACCOUNTS)');

    const failed = await site.maj('upgrade', '2.0.1');
    expect(failed.code, failed.stderr).toBe(10);
    const locked = failed.stderr.indexOf('Lock the database accounts worker');
    expect(failed.stderr.indexOf('Unlock the database accounts worker')).toBeGreaterThan(locked);
    expect(locked).toBeGreaterThan(0);
    await expectVersion(site, '1.0.0');

    const first = (await service.taken()).length;
    const killed = await strikeIn(site, 'final-backup', { signal: 'SIGKILL' }, ['upgrade', '1.1.0']);
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    const rows = (await service.taken()).slice(first);
    expect((await site.maj('status')).stdout).toMatch(/accounts +worker: locked by maj since 20/);
    const back = await site.maj('upgrade', '--roll-back');
    expect(back.code, back.stderr).toBe(0);
    expect(await missing(site, rows)).toEqual([]);

    const restored = await site.maj('restore', '--yes');
    expect(restored.code, restored.stderr).toBe(0);
    await expectVersion(site, '1.0.0');
    await site.asAdmin(async (session) => expect(await lockedOf(session, 'worker')).toEqual([]));
    // And it goes on writing.
    const { length } = await service.taken();
    while ((await service.taken()).length === length) await systemClock.sleep(20);
  });
});
