import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startMaj } from '../helpers/cli.ts';
import { servers } from '../helpers/servers.ts';
import { expectVersion, stateOf, useSites } from '../helpers/site.ts';

describe.each(servers)('a restore on $name', (server) => {
  const newSite = useSites(server);

  test('that is killed in the middle is told by every other call, and ends equal when it is run again', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    expect((await site.maj('backup')).code).toBe(0);

    const { child, ended } = startMaj(site.project, ['restore', '--yes']);
    const mark = join(site.project, '.maj', 'restore-unfinished.json');
    while (!existsSync(mark) && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 5));
    // Time enough to have emptied the database, and not enough to have filled it again.
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    expect(existsSync(mark)).toBe(true);

    for (const words of [['backup'], ['upgrade', '1.1.0'], ['rehearse'], ['apply', '1.1.0', '--yes']]) {
      const refused = await site.maj(...words);
      expect(refused.code, `${words.join(' ')}: ${refused.stderr}`).toBe(6);
      expect(refused.stderr).toContain('maj restore');
    }
    const status = await site.maj('status');
    expect(status.code).toBe(6);
    expect(status.stdout).toContain('half restored');

    const again = await site.maj('restore', '--yes');
    expect(again.code, again.stderr).toBe(0);
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');
    expect((await site.maj('backup')).code).toBe(0);
  });
});
