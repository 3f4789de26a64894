import { execFileSync } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withSession } from '../../scripts/database/session/session.ts';
import type { UpgradeStep } from '../../scripts/upgrade/journal/steps.ts';
import type { CliRun } from '../helpers/cli.ts';
import { testContext } from '../helpers/context.ts';
import { servers } from '../helpers/servers.ts';
import { expectVersion, stateOf, useSites, type TestSite } from '../helpers/site.ts';
import { strikeIn } from '../helpers/strike.ts';

/** An upgrade that gets a signal the moment that a step has begun. */
const signalInStep = (site: TestSite, step: UpgradeStep, signal: NodeJS.Signals): Promise<CliRun> =>
  strikeIn(site, step, { signal }, ['upgrade', '1.1.0']);

/** An upgrade that is killed in a step. */
async function killInStep(site: TestSite, step: UpgradeStep): Promise<void> {
  const killed = await signalInStep(site, step, 'SIGKILL');
  expect(killed.signal, killed.stderr).toBe('SIGKILL');
}

const countOf = (site: TestSite, sql: string): Promise<number> =>
  withSession(testContext(), site.target, async (session) => Number((await session.rows(sql))[0]?.['found']));

describe.each(servers)('an upgrade on $name', (server) => {
  const newSite = useSites(server);

  test('that is killed is told by the next call, is taken back, and can be done again', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    await killInStep(site, 'switch');

    for (const words of [['upgrade', '1.1.0'], ['upgrade'], ['backup']]) {
      const refused = await site.maj(...words);
      expect(refused.code, refused.stderr).toBe(6);
      expect(refused.stderr).toContain('“switch”');
      expect(refused.stderr).toContain('maj upgrade --resume');
      expect(refused.stderr).toContain('maj upgrade --roll-back');
    }
    const status = await site.maj('status');
    expect(status.stdout).toContain('did not finish');
    expect(/^next +(.*)$/m.exec(status.stdout)?.[1]).toContain('maj upgrade --resume');
    expect(status.stdout).not.toMatch(/maj (migrate|restore|adopt-release)/);

    const back = await site.maj('upgrade', '--roll-back');
    expect(back.code, back.stderr).toBe(0);
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');
    for (const option of ['--roll-back', '--resume'])
      expect((await site.maj('upgrade', option)).code).toBe(3);

    await killInStep(site, 'migrate');
    const done = await site.maj('upgrade', '--resume');
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain('Upgraded 1.0.0 -> 1.1.0');
    expect(done.stdout).toMatch(/window: .*, expected .*\(maintenance-on .*migrate .* of .*maintenance-off/);
    await expectVersion(site, '1.1.0');
  });

  test('that was cut off is neither gone on with nor taken back on another database', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    await killInStep(site, 'migrate');
    for (const option of ['--resume', '--roll-back']) {
      const refused = await site.maj('upgrade', option, '--db-name', 'mysql');
      expect(refused.code, refused.stderr).toBe(6);
      expect(refused.stderr).toContain('was intimemanager, and is mysql');
      expect(refused.stderr).toContain('--db-name intimemanager');
    }
    const back = await site.maj('upgrade', '--roll-back', '--db-name', 'intimemanager');
    expect(back.code, back.stderr).toBe(0);
    expect(await stateOf(site)).toEqual(before);
  });

  test('that was cut off is not gone on with when somebody has changed what it had left', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    await killInStep(site, 'migrate');
    await withSession(testContext(), site.target, (session) => session.run('CREATE TABLE by_hand (id INT)'));
    const refused = await site.maj('upgrade', '--resume');
    expect(refused.code, refused.stderr).toBe(6);
    expect(refused.stderr).toContain('maj upgrade --roll-back');
    expect((await site.maj('upgrade', '--roll-back')).code).toBe(0);
    expect(await stateOf(site)).toEqual(before);
  });

  test.each(['--roll-back', '--resume'])(
    'that was cut off, and let out of maintenance since, asks before %s may lose what users wrote',
    async (way) => {
      const site = await newSite();
      const before = await stateOf(site);
      await killInStep(site, 'migrate');
      await rm(join(site.appDir, 'maintenance.flag'));
      await withSession(testContext(), site.target, (session) =>
        session.run("INSERT INTO projects (name, settings) VALUES ('begun since', '{}'), ('this', '{}')"),
      );
      // What users did does not become undone by closing the application before the way back.
      if (way === '--roll-back') expect((await site.maj('maintenance', 'on')).code).toBe(0);
      const asked = await site.maj('upgrade', way);
      expect(asked.code, asked.stderr).toBe(3);
      expect(asked.stderr).toMatch(/projects: 2 added/);
      expect(asked.stderr).toContain('--yes');
      expect((await site.maj('upgrade')).code).toBe(6);
      expect(await site.inMaintenance()).toBe(way === '--roll-back');

      const done = await site.maj('upgrade', way, '--yes');
      expect(done.code, done.stderr).toBe(0);
      if (way === '--resume') {
        await expectVersion(site, '1.1.0');
        expect(await countOf(site, "SELECT COUNT(*) AS found FROM projects WHERE name = 'begun since'")).toBe(
          1,
        );
        return;
      }
      expect(await stateOf(site)).toEqual(before);
      // What users had written is in the newest backup.
      const backups = join(site.project, '.maj', 'backups');
      const newest = (await readdir(backups)).sort().at(-1) ?? '';
      expect(done.stderr).toContain(`is kept in the backup ${newest}`);
      const sql = execFileSync('sh', [join(backups, newest, 'restore.sh'), 'sql'], { encoding: 'utf8' });
      expect(sql).toContain('begun since');
    },
  );

  test('that is asked to stop before its window stops, and nothing is changed', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    const stopped = await signalInStep(site, 'rehearse', 'SIGINT');
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(await stateOf(site)).toEqual(before);
    expect((await site.maj('upgrade', '1.1.0')).code).toBe(0);
  });

  test('that is asked to stop in its window goes back, with exit code 10', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    const stopped = await signalInStep(site, 'migrate', 'SIGTERM');
    expect(stopped.code, stopped.stderr).toBe(10);
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');
  });
});
