import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { withSession } from '../../../scripts/database/session/session.ts';
import type { CliRun } from '../../helpers/cli.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { servers } from '../../helpers/servers.ts';
import { expectVersion, stateOf, useSites, type TestSite } from '../../helpers/site.ts';

describe.each(servers)('a restore on $name', (server) => {
  const newSite = useSites(server, 100);
  let site: TestSite;
  let before: Readonly<Record<string, unknown>>;
  let id = '';

  beforeAll(async () => {
    site = await newSite();
    before = await stateOf(site);
    expect((await site.maj('backup')).code).toBe(0);
    [id = ''] = await readdir(join(site.project, '.maj', 'backups'));
  });

  test('closes the application again where its files held the state of the maintenance', async () => {
    const log = join(temporaryFolder('log'), 'log');
    const settings = join(site.project, '.env');
    const own = await readFile(settings, 'utf8');
    expect(own).toMatch(/^MAINTENANCE_FILE=.*$/m);
    const commands = [
      `MAINTENANCE_ON="touch maintenance.flag; cat VERSION >> ${log}"`,
      'MAINTENANCE_OFF="rm -f maintenance.flag"',
      'MAINTENANCE_STATUS="test -e maintenance.flag"',
    ];
    await writeFile(settings, own.replace(/^MAINTENANCE_FILE=.*$/m, commands.join('\n')));
    const restore = (): Promise<CliRun> => site.maj('restore', '--yes');
    await spoil(site);
    const off = await restore();
    expect(off.code, off.stderr).toBe(0);
    expect((await readFile(log, 'utf8')).trim().split('\n')).toEqual(['9.9.9', '1.0.0']);
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');

    await spoil(site);
    await writeFile(join(site.appDir, 'maintenance.flag'), '');
    const on = await restore();
    expect(on.code, on.stderr).toBe(0);
    expect(await site.inMaintenance()).toBe(true);
    expect((await site.maj('maintenance', 'off')).code).toBe(0);
    expect(await stateOf(site)).toEqual(before);
    await writeFile(settings, own);
  });

  test('that was killed between its two renames is run again, and ends as it should have', async () => {
    const beside = join(dirname(site.appDir), `.${basename(site.appDir)}.maj`);
    await mkdir(beside, { recursive: true });
    await rename(site.appDir, join(beside, 'replaced-20261122T101530000Z'));
    await leaveMark(site, {
      backup: id,
      since: '2026-11-22T10:15:30.000Z',
      maintenance: 'off',
      scope: { database: 'whole', files: true, definers: 'keep' },
      database: 'intimemanager',
    });
    const less = await site.maj('restore', '--database-only', '--yes');
    expect(less.code, less.stderr).toBe(6);
    expect(less.stderr).toContain(`maj restore ${id}`);
    const again = await site.maj('restore', id, '--yes');
    expect(again.code, again.stderr).toBe(0);
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');
    expect(existsSync(markOf(site))).toBe(false);
  });

  test('that was cut off is told as it was asked for, and nothing less passes for it', async () => {
    await withSession(testContext(), site.target, (session) =>
      session.run(
        'CREATE TRIGGER in_the_way BEFORE INSERT ON users FOR EACH ROW SET NEW.name = UPPER(NEW.name)',
      ),
    );
    await leaveMark(site, {
      backup: id,
      since: '2026-11-22T10:15:30.000Z',
      maintenance: 'off',
      scope: { database: ['users'], files: false, definers: 'keep' },
      database: 'intimemanager',
    });
    const told = await site.maj('backup');
    expect(told.code, told.stderr).toBe(6);
    expect(told.stderr).toContain(`maj restore ${id} --tables users`);
    const narrower = await site.maj('restore', id, '--tables', 'projects', '--yes');
    expect(narrower.code, narrower.stderr).toBe(6);
    const again = await site.maj('restore', id, '--tables', 'users', '--yes');
    expect(again.code, again.stderr).toBe(0);
    expect(await stateOf(site)).toEqual(before);
    expect((await site.maj('backup')).code).toBe(0);
  });

  // What is missing is there when the backup is verified: the command that stops the services takes it away.
  test.each([
    { of: 'files', missing: 'files', code: 4, isOpen: true },
    { of: 'the database', missing: 'database', code: 11, isOpen: false },
  ])('that fails over its $of ends with $code', async ({ missing, code, isOpen }) => {
    const backup = join(site.project, '.maj', 'backups', id);
    const hidden = join(temporaryFolder('hidden'), 'parts');
    const pattern = missing === 'files' ? 'files*' : 'database*';
    const script = join(temporaryFolder('commands'), 'stop');
    await writeFile(script, `#!/bin/sh\nmkdir -p ${hidden} && mv ${backup}/${pattern} ${hidden}/\n`, {
      mode: 0o755,
    });
    const settings = join(site.project, '.env');
    const own = await readFile(settings, 'utf8');
    await writeFile(settings, `${own}APP_STOP_COMMAND=${script}\nAPP_START_COMMAND=true\n`);
    await spoil(site);
    const spoilt = await stateOf(site);
    const failed = await site.maj('restore', id, '--yes');
    await writeFile(settings, own);
    for (const name of await readdir(hidden)) await rename(join(hidden, name), join(backup, name));
    expect(failed.code, failed.stderr).toBe(code);
    expect(await site.inMaintenance()).toBe(!isOpen);
    expect(existsSync(markOf(site))).toBe(!isOpen);
    if (isOpen) expect(await stateOf(site)).toEqual(spoilt);
    const again = await site.maj('restore', id, '--yes');
    expect(again.code, again.stderr).toBe(0);
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');
  });
});

const markOf = (site: TestSite): string => join(site.project, '.maj', 'restore-unfinished.json');

const leaveMark = (site: TestSite, mark: object): Promise<void> =>
  writeFile(markOf(site), JSON.stringify(mark));

/** Another version, and other rows. */
async function spoil(site: TestSite): Promise<void> {
  await writeFile(join(site.appDir, 'VERSION'), '9.9.9\n');
  await withSession(testContext(), site.target, (session) =>
    session.run("UPDATE users SET name = 'Somebody Else' WHERE id = 1"),
  );
}
