import { execFileSync } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { maj } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { servers } from '../helpers/servers.ts';
import { expectVersion, stateOf, useSites } from '../helpers/site.ts';
import { layBackup } from '../integration/retention/helpers.ts';

describe.each(servers)('an upgrade on $name', (server) => {
  const newSite = useSites(server);

  test('goes through the whole guide, leaves a record and the old files, and prunes old backups', async () => {
    const site = await newSite();
    const backups = join(site.project, '.maj', 'backups');
    const old = layBackup(backups, 40, { database: 'intimemanager' });
    const expired = layBackup(backups, 50, { database: 'intimemanager' });
    const plan = await site.maj('upgrade', '1.1.0', '--plan');
    expect(plan.code, plan.stderr).toBe(0);
    expect(plan.stdout).toContain('Upgrade 1.0.0 -> 1.1.0');
    expect(plan.stdout).toContain('004_billing.sql');
    expect(plan.stdout).toMatch(/^ +added: \d+ \(.*migrations\/004_billing\.sql/m);
    expect(plan.stdout).toMatch(/^ +changed: \d+ \(VERSION, /m);
    await expectVersion(site, '1.0.0');

    const done = await site.maj('upgrade', '1.1.0');
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain('Upgraded 1.0.0 -> 1.1.0');
    await expectVersion(site, '1.1.0');
    const status = await site.maj('status', '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({
      data: { version: '1.1.0', pending: [], maintenance: 'off' },
    });
    const listed = await site.maj('backups', '--json');
    const { data } = JSON.parse(listed.stdout) as { data: { backups: { id: string; keepers: string[] }[] } };
    expect(await readdir(join(backups, '.trash'))).toEqual([expired]);
    expect(data.backups).toHaveLength(3);
    expect(data.backups[0]?.keepers).toContain('way-back');
    expect(done.stdout).toContain(`backup from before: ${data.backups[0]?.id}`);
    expect(data.backups[2]).toMatchObject({ id: old, keepers: ['least'] });
    const area = join(site.appDir, '..', '.intimemanager.maj');
    const kept = (await readdir(area)).find((name) => name.startsWith('1.0.0-'));
    expect(await readFile(join(area, kept ?? '', 'VERSION'), 'utf8')).toContain('1.0.0');
    const outcome = (await site.journal()).at(-1);
    expect(outcome).toMatchObject({ type: 'run-finished', outcome: 'succeeded' });

    const again = await site.maj('upgrade', '1.1.0');
    expect(again.code).toBe(3);
    await expectVersion(site, '1.1.0');
  });

  test('is refused by the dry run when a migration fails on the real rows, and nothing is changed', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    const refused = await site.maj('upgrade', '2.0.0');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/009_unique_email\.sql.*1062.*Duplicate entry/s);
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');
  });

  test('is rolled back by itself when the new version is not healthy, with exit code 10', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    const back = await site.maj('upgrade', '2.0.1');
    expect(back.code, back.stderr).toBe(10);
    expect(back.stderr).toContain('was rolled back');
    expect(back.stderr).toContain('login_email');
    expect(back.stderr).toMatch(
      /the window was open for (\d\.\d|\d{2,3}) s \(maintenance-on .*, check-health failed after (\d\.\d|\d{2,3}) s, stop-services-again .*, put-files-back .*\)/,
    );
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');
    const next = await site.maj('upgrade', '1.1.0');
    expect(next.code, next.stderr).toBe(0);
  });

  test('is rehearsed once: a receipt that still covers it is not made anew', async () => {
    const site = await newSite();
    const rehearsed = await site.maj('upgrade', '2.0.1');
    expect(rehearsed.code).toBe(10);
    const refused = await site.maj('upgrade', '2.0.1');
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toContain('check-health');
    const plan = await site.maj('upgrade', '2.0.1', '--plan');
    expect(plan.code, plan.stderr).toBe(0);
    expect(plan.stdout).toMatch(/This very package failed at .*check-health.*\n.*--retry only/);
    const again = await site.maj('upgrade', '2.0.1', '--retry');
    expect(again.code).toBe(10);
    expect(again.stderr).toContain('already rehearsed');
  });

  test('is rehearsed beforehand, as a package, and then not again', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    const wrong = await site.maj('rehearse', '--reinstall');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--reinstall')]);
    const rehearsed = await site.maj('rehearse', '1.1.0');
    expect(rehearsed.code, rehearsed.stderr).toBe(0);
    expect(rehearsed.stderr).toContain('Migrate 004_billing.sql');
    expect(rehearsed.stdout).toMatch(/^Next +maj upgrade 1\.1\.0: within 24 h /m);
    expect(await stateOf(site)).toEqual(before);
    expect(await readdir(join(site.appDir, '..', '.intimemanager.maj'))).toEqual([]);
    const receipt = /^Receipt (\S+)$/m.exec(rehearsed.stdout)?.[1] ?? 'none';
    const upgraded = await site.maj('upgrade', '1.1.0');
    expect(upgraded.code, upgraded.stderr).toBe(0);
    expect(upgraded.stderr).toContain(`already rehearsed, as ${receipt}`);
    expect(upgraded.stdout).toContain('004_billing.sql');
    await expectVersion(site, '1.1.0');
  });

  test('is rehearsed anew where some of what was rehearsed has been migrated since', async () => {
    const site = await newSite();
    const unpacked = temporaryFolder('unpacked');
    execFileSync('tar', ['xzf', join(site.packages, 'intimemanager-1.1.0.tar.gz'), '-C', unpacked]);
    const [scripts = ''] = (await readdir(unpacked, { recursive: true })).filter((path) =>
      path.endsWith('migrations'),
    );
    const env = { MIGRATIONS_DIR: join(unpacked, scripts) };
    for (const words of [['rehearse'], ['migrate', '--to', '004', '--yes']]) {
      const done = await maj(site.project, words, { env });
      expect(done.code, done.stderr).toBe(0);
    }
    const upgraded = await site.maj('upgrade', '1.1.0');
    expect(upgraded.code, upgraded.stderr).toBe(0);
    expect(upgraded.stderr).toContain('Rehearse on a throwaway server');
    expect(upgraded.stdout).not.toContain('004_billing');
    await expectVersion(site, '1.1.0');
  });
});
