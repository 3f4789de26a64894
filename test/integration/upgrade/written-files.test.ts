import { chmod, mkdir, readFile, writeFile, appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { servers } from '../../helpers/servers.ts';
import { expectVersion, stateOf, useSites, type TestSite } from '../../helpers/site.ts';

/** Commands that stop and start nothing, but write to the tree that they are called in, as a service does. */
async function writeOnStopAndStart(site: TestSite): Promise<void> {
  for (const which of ['stop', 'start']) {
    const path = join(site.folder, which);
    await writeFile(
      path,
      `#!/bin/sh\nmkdir -p data uploads\ncat VERSION >> data/${which}.txt\ncp VERSION uploads/${which}.txt\n`,
    );
    await chmod(path, 0o755);
    await appendFile(join(site.project, '.env'), `APP_${which.toUpperCase()}_COMMAND=${path}\n`);
  }
}

describe.each(servers)('files that are written outside of APP_PERSIST, on $name,', (server) => {
  const newSite = useSites(server, 100);

  test('to a version that fails are kept, and those that its services write as they stop', async () => {
    const site = await newSite();
    await writeOnStopAndStart(site);
    const failed = await site.maj('upgrade', '2.0.1');
    expect(failed.code, failed.stderr).toBe(10);
    const [, folder = ''] = /They are kept in (\S+):/.exec(failed.stderr) ?? [];
    expect(await readdir(join(folder, 'data'))).toEqual(['start.txt', 'stop.txt']);
    expect(await readFile(join(folder, 'data', 'start.txt'), 'utf8')).toBe('2.0.1\n');
    // The first stop, and the start that failed in the end: the first was written to the old tree, and came along.
    expect(await readFile(join(folder, 'data', 'stop.txt'), 'utf8')).toBe('1.0.0\n2.0.1\n');
    expect(await readdir(folder)).toEqual(['data']);
    const { files } = await stateOf(site);
    const here = files as Record<string, string>;
    const text = (path: string): string => Buffer.from(here[path] ?? '', 'base64').toString();
    expect([text('data/stop.txt'), text('data/start.txt'), text('uploads/stop.txt')]).toEqual([
      '1.0.0\n',
      '1.0.0\n',
      '2.0.1\n',
    ]);
    await expectVersion(site, '1.0.0');
  });

  test('since an upgrade are told before going back, and stay where it says; a restore tells them too', async () => {
    const site = await newSite();
    expect((await site.maj('upgrade', '1.1.0')).code).toBe(0);
    await mkdir(join(site.appDir, 'data'));
    for (const name of ['a', 'b', 'c']) await writeFile(join(site.appDir, 'data', name), `since ${name}`);
    await mkdir(join(site.appDir, 'uploads'), { recursive: true });
    await writeFile(join(site.appDir, 'uploads', 'stays.txt'), 'since');

    const asked = await site.maj('upgrade', '--roll-back');
    expect(asked.code, asked.stderr).toBe(3);
    expect(asked.stderr).toMatch(
      /The older version will not have them\. .*:\n +data\/a\n +data\/b\n +data\/c\n/,
    );
    expect(asked.stderr).not.toContain('stays.txt');
    const back = await site.maj('upgrade', '--roll-back', '--yes');
    expect(back.code, back.stderr).toBe(0);
    const [, kept = ''] = /files that were there: (\S+)/.exec(back.stdout) ?? [];
    expect(await readFile(join(kept, 'data', 'b'), 'utf8')).toBe('since b');
    expect(back.stdout).toMatch(
      /of these, written since, so not in the version that runs now: 3 \(data\/a, data\/b, data\/c\)/,
    );
    await expectVersion(site, '1.0.0');

    // The newest backup is of the version that was gone back from.
    const listed = await site.maj('backups', '--json');
    const { backups } = (JSON.parse(listed.stdout) as { data: { backups: Listed[] } }).data;
    expect(backups.filter(({ keepers }) => keepers.includes('way-back'))).toEqual([]);
    const newer = backups.find(({ version }) => version === '1.1.0')?.id ?? '';
    const older = backups.find(({ version }) => version === '1.0.0')?.id ?? '';
    const unnamed = await site.maj('restore', '--yes');
    expect(unnamed.code, unnamed.stderr).toBe(3);
    expect(unnamed.stderr).toContain(
      `${newer}, is of version 1.1.0, but the installed version 1.0.0 is older`,
    );
    expect(unnamed.stderr).toContain(`maj restore ${older}`);
    const plan = await site.maj('restore', newer, '--plan');
    expect(plan.stdout).toMatch(/, version 1\.1\.0 \(installed: 1\.0\.0\):/);
    expect(plan.stderr).toContain('Afterwards version 1.1.0 is installed.');
    const half = await site.maj('restore', newer, '--database-only', '--plan');
    expect(half.stderr).toContain('files and database will be of two versions');

    await writeFile(join(site.appDir, 'uploads', 'later.txt'), 'since');
    const replaced = await site.maj('restore', older);
    expect(replaced.code, replaced.stderr).toBe(3);
    expect(replaced.stderr).toMatch(
      /These files were written or changed since the backup .*\n(.*\n)* +uploads\/later\.txt\n/,
    );
    const restored = await site.maj('restore', older, '--yes');
    expect(restored.code, restored.stderr).toBe(0);
    const [, aside = ''] = /The files that were there are in (\S+)\.\n/.exec(restored.stdout) ?? [];
    expect(await readFile(join(aside, 'uploads', 'later.txt'), 'utf8')).toBe('since');
  });
});

interface Listed {
  readonly id: string;
  readonly version: string;
  readonly keepers: readonly string[];
}
