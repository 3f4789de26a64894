import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../helpers/context.ts';
import { servers } from '../../helpers/servers.ts';
import { expectVersion, stateOf, useSites } from '../../helpers/site.ts';

describe.each(servers)('what no upgrade can do without, on $name,', (server) => {
  const newSite = useSites(server, 100);

  test('is missed before anything is unpacked: by the upgrade, its plan, its rehearsal and the status', async () => {
    const site = await newSite();
    // A rehearsal that covers the upgrade leaves nothing else that would fail before the window.
    const rehearsed = await site.maj('rehearse', '1.1.0');
    expect(rehearsed.code, rehearsed.stderr).toBe(0);
    const before = await stateOf(site);
    const nowhere = temporaryFolder('nowhere');
    const lacking: readonly (readonly [string, string, number, RegExp])[] = [
      ['--app-dir', join(nowhere, 'app'), 3, /No application is installed in .*nowhere.*app/],
      ['--client-bin-dir', nowhere, 2, /(mariadb-dump|mysqldump) of .* was not found/],
      ['--rehearsal-server', nowhere, 2, /programs of a (MariaDB|MySQL) server.*nowhere/],
    ];
    for (const [option, value, code, said] of lacking) {
      for (const words of [
        ['upgrade', '1.1.0', '--plan'],
        ['upgrade', '1.1.0'],
        ['rehearse', '1.1.0'],
        ['status'],
      ]) {
        const ran = await site.maj(...words, option, value);
        expect([words, ran.code, `${ran.stdout}${ran.stderr}`]).toEqual([
          words,
          code,
          expect.stringMatching(said),
        ]);
      }
      expect((await site.journal()).map(({ type }) => type)).not.toContain('maintenance-was');
      expect(await stateOf(site)).toEqual(before);
    }
    expect(existsSync(join(nowhere, '.app.maj'))).toBe(false);
    await expectVersion(site, '1.0.0');
  });

  test('is no version that can be read: but then it is said that nothing tells what is newer', async () => {
    const site = await newSite();
    await rm(join(site.appDir, 'VERSION'));
    const plan = await site.maj('upgrade', '1.1.0', '--plan');
    expect(plan.code, plan.stderr).toBe(0);
    expect(plan.stderr).toMatch(/does not tell its version .*whether 1\.1\.0 is newer/);
  });
});
