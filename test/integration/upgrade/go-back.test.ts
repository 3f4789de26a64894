import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withSession } from '../../../scripts/database/session/session.ts';
import { testContext } from '../../helpers/context.ts';
import { servers } from '../../helpers/servers.ts';
import { expectVersion, stateOf, useSites } from '../../helpers/site.ts';

describe.each(servers)('after an upgrade has succeeded, on $name,', (server) => {
  const newSite = useSites(server, 500);

  test('the version before is gone back to, once it is said which rows are lost', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    expect((await site.maj('upgrade', '1.1.0')).code).toBe(0);
    await withSession(testContext(), site.target, async (session) => {
      await session.run("UPDATE users SET name = 'Somebody Else' WHERE id IN (1, 2)");
      await session.run(
        "INSERT INTO projects (name, settings) VALUES ('begun since', '{}'), ('this', '{}'), ('that', '{}')",
      );
      await session.run(
        "ALTER TABLE users ADD phone VARCHAR(20), ADD notes TEXT, ADD floor INT NOT NULL, ADD seen INT DEFAULT 7, ADD since DATE NOT NULL DEFAULT '2026-01-01', ADD length INT AS (CHAR_LENGTH(name))",
      );
      await session.run("UPDATE users SET phone = '1', floor = 3, seen = 8 WHERE id IN (3, 4, 5)");
      await session.run("UPDATE users SET since = '2026-02-03' WHERE id = 3");
      await session.run('CREATE TABLE kept_by_hand (note TEXT)');
      await session.run("INSERT INTO kept_by_hand VALUES ('x'), ('y')");
    });
    const asked = await site.maj('upgrade', '--roll-back');
    expect(asked.code, asked.stderr).toBe(3);
    expect(asked.stderr).toMatch(
      /users: 0 added, \d+ changed, 0 removed; .*: (.*, )?phone \(3 rows\), floor \(3 rows\), seen \(3 rows\), since \(1 row\)$/m,
    );
    expect(asked.stderr).toMatch(/projects: 3 added, \d+ changed, 0 removed/);
    expect(asked.stderr).toContain('kept_by_hand: 2 added, 0 changed, 0 removed');
    await expectVersion(site, '1.1.0');

    const other = await site.maj('upgrade', '--roll-back', '--yes', '--db-name', 'mysql');
    expect(other.code, other.stderr).toBe(3);
    expect(other.stderr).toContain('was intimemanager, and is mysql');

    const back = await site.maj('upgrade', '--roll-back', '--yes');
    expect(back.code, back.stderr).toBe(0);
    expect(back.stdout).toContain('Went back 1.1.0 -> 1.0.0');
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');

    const [, lost = ''] = /backup of what was there: (\S+)/.exec(back.stdout) ?? [];
    const listed = await site.maj('backups');
    expect(listed.stdout).toContain(lost);
    const nothing = await site.maj('upgrade', '--roll-back', '--yes');
    expect(nothing.code, nothing.stderr).toBe(3);
    expect(nothing.stderr).toContain('no upgrade of this project brought it');
    expect((await site.maj('upgrade', '1.1.0')).code).toBe(0);
    await expectVersion(site, '1.1.0');
  });

  test('the files come out of the backup where those that were kept are gone', async () => {
    const site = await newSite();
    await mkdir(join(site.appDir, 'uploads'), { recursive: true });
    await writeFile(join(site.appDir, 'uploads', 'then.txt'), 'put there before');
    const before = await stateOf(site);
    const upgraded = await site.maj('upgrade', '1.1.0');
    const [, kept = ''] = /old files: (\S+)/.exec(upgraded.stdout) ?? [];
    expect(kept, upgraded.stdout).not.toBe('');
    await rm(kept, { recursive: true });
    await writeFile(join(site.appDir, 'uploads', 'since.txt'), 'put there since');

    const back = await site.maj('upgrade', '--roll-back', '--yes');
    expect(back.code, back.stderr).toBe(0);
    expect(back.stdout).toContain('Went back 1.1.0 -> 1.0.0');
    const { 'uploads/since.txt': upload, ...files } = await site.files();
    expect(Buffer.from(upload ?? '', 'base64').toString()).toBe('put there since');
    expect({ ...(await stateOf(site)), files }).toEqual(before);
    await expectVersion(site, '1.0.0');
  });
});
