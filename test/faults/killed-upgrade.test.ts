import { execFileSync } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withSession } from '../../scripts/database/session.ts';
import { startMaj } from '../helpers/cli.ts';
import { testContext } from '../helpers/context.ts';
import { servers } from '../helpers/servers.ts';
import { expectVersion, stateOf, useSites, type TestSite } from '../helpers/site.ts';
import type { UpgradeStep } from '../../scripts/upgrade/steps.ts';

/** Starts an upgrade and sends a signal as soon as the journal says that a step has begun. */
async function signalInStep(
  site: TestSite,
  step: UpgradeStep,
  signal: NodeJS.Signals,
): Promise<number | null> {
  const { child, ended } = startMaj(site.project, ['upgrade', '1.1.0']);
  for (;;) {
    const lines = await site.journal();
    if (lines.some((line) => line.type === 'step-started' && line.step === step)) break;
    if (child.exitCode !== null) throw new Error(`it ended before ${step}: ${(await ended).stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill(signal);
  return (await ended).code;
}

const countOf = (site: TestSite, sql: string): Promise<number> =>
  withSession(testContext(), site.target, async (session) => Number((await session.rows(sql))[0]?.['found']));

describe.each(servers)('an upgrade on $name', (server) => {
  const newSite = useSites(server);

  test('that is killed is told by the next call, is taken back, and can be done again', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    expect(await signalInStep(site, 'switch', 'SIGKILL')).toBeNull();

    for (const words of [['upgrade', '1.1.0'], ['upgrade'], ['backup']]) {
      const refused = await site.maj(...words);
      expect(refused.code, refused.stderr).toBe(6);
      expect(refused.stderr).toContain('“switch”');
      expect(refused.stderr).toContain('maj upgrade --resume');
      expect(refused.stderr).toContain('maj upgrade --roll-back');
    }
    const status = await site.maj('status');
    expect(status.stdout).toContain('did not finish');

    const back = await site.maj('upgrade', '--roll-back');
    expect(back.code, back.stderr).toBe(0);
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');
    for (const option of ['--roll-back', '--resume'])
      expect((await site.maj('upgrade', option)).code).toBe(3);

    expect(await signalInStep(site, 'migrate', 'SIGKILL')).toBeNull();
    const done = await site.maj('upgrade', '--resume');
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain('Upgraded 1.0.0 -> 1.1.0');
    expect(done.stdout).toMatch(/window: .*, expected .*\(maintenance-on .*migrate .* of .*maintenance-off/);
    await expectVersion(site, '1.1.0');
  });

  test('that was cut off is neither gone on with nor taken back on another database', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    expect(await signalInStep(site, 'migrate', 'SIGKILL')).toBeNull();
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
    expect(await signalInStep(site, 'migrate', 'SIGKILL')).toBeNull();
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
      expect(await signalInStep(site, 'migrate', 'SIGKILL')).toBeNull();
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
      const sql = execFileSync('sh', [join(backups, newest, 'restore.sh'), 'sql'], { encoding: 'utf8' });
      expect(sql).toContain('begun since');
    },
  );

  test('that is asked to stop before its window stops, and nothing is changed', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    expect(await signalInStep(site, 'rehearse', 'SIGINT')).toBe(130);
    expect(await stateOf(site)).toEqual(before);
    expect((await site.maj('upgrade', '1.1.0')).code).toBe(0);
  });

  test('that is asked to stop in its window goes back, with exit code 10', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    expect(await signalInStep(site, 'migrate', 'SIGTERM')).toBe(10);
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');
  });
});
