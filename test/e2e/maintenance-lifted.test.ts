import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withSession } from '../../scripts/database/session/session.ts';
import { temporaryFolder, testContext } from '../helpers/context.ts';
import { servers } from '../helpers/servers.ts';
import { expectVersion, stateOf, useSites, type TestSite } from '../helpers/site.ts';
import { strikeIn } from '../helpers/strike.ts';

const write = (site: TestSite, name: string): Promise<unknown> =>
  withSession(testContext(), site.target, (session) =>
    session.run(`INSERT INTO projects (name, settings) VALUES ('${name}', '{}')`),
  );

const back = ['upgrade', '--roll-back', '--yes'];

describe.each(servers)('where a run is cut off and its maintenance is lifted, on $name,', (server) => {
  const newSite = useSites(server, 100);
  const liftFlag = (site: TestSite): Promise<void> => rm(join(site.appDir, 'maintenance.flag'));

  test('the application is closed again, and ends closed if it was so before', async () => {
    const site = await newSite();
    expect((await site.maj('maintenance', 'on')).code).toBe(0);
    const killed = await strikeIn(site, 'final-backup', { signal: 'SIGKILL' }, ['upgrade', '1.1.0']);
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    await liftFlag(site);
    const seen = join(temporaryFolder('seen'), 'seen');
    const look = { command: `test -e ${site.appDir}/maintenance.flag && echo closed > ${seen}` };
    const resumed = await strikeIn(site, 'migrate', look, ['upgrade', '--resume']);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(existsSync(seen)).toBe(true);
    expect(await site.inMaintenance()).toBe(true);
    expect((await site.maj('maintenance', 'off')).code).toBe(0);
    await expectVersion(site, '1.1.0');
  });

  test('a way back that has moved nothing is begun anew, and what was written meanwhile is asked for', async () => {
    const site = await newSite();
    const before = await stateOf(site);
    expect((await site.maj('upgrade', '1.1.0')).code).toBe(0);
    const killed = await strikeIn(site, 'final-backup', { signal: 'SIGKILL' }, back);
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    await liftFlag(site);
    await write(site, 'written since');
    const asked = await site.maj('upgrade', '--resume');
    expect(asked.code, asked.stderr).toBe(3);
    expect(asked.stderr).toMatch(/projects: 1 added/);
    await expectVersion(site, '1.1.0');
    const gone = await site.maj(...back);
    expect(gone.code, gone.stderr).toBe(0);
    expect(await stateOf(site)).toEqual(before);
  });

  test('a flag below a persistent path stays set while the version before is gone back to', async () => {
    const site = await newSite();
    await mkdir(join(site.appDir, 'uploads', 'state'), { recursive: true });
    await writeFile(join(site.appDir, 'uploads', 'kept.txt'), 'kept');
    const settings = join(site.project, '.env');
    const own = await readFile(settings, 'utf8');
    await writeFile(settings, own.replace(/^MAINTENANCE_FILE=.*$/m, 'MAINTENANCE_FILE=uploads/state/down'));
    await appendFile(settings, own.includes('APP_PERSIST') ? '' : 'APP_PERSIST=uploads,.env\n');
    const before = await stateOf(site);
    expect((await site.maj('upgrade', '1.1.0')).code).toBe(0);
    const seen = join(temporaryFolder('seen'), 'seen');
    const look = { command: `test -e ${site.appDir}/uploads/state/down && echo closed > ${seen}` };
    const gone = await strikeIn(site, 'restore', look, back);
    expect(gone.code, gone.stderr).toBe(0);
    expect(existsSync(seen)).toBe(true);
    expect(await stateOf(site)).toEqual(before);
    await expectVersion(site, '1.0.0');
  });
});
