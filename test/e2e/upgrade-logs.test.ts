import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { servers } from '../helpers/servers.ts';
import { expectVersion, useSites, type TestSite } from '../helpers/site.ts';

const [first] = servers;
if (first === undefined) throw new Error('there is no server');
const newSite = useSites(first);

/** A site whose old version logs an error while a release is staged, and another in the window before the switch. */
async function noisySite(after: string): Promise<TestSite> {
  const site = await newSite();
  const log = join(site.appDir, 'logs', 'error.log');
  await mkdir(join(site.appDir, 'logs'), { recursive: true });
  const settings = {
    APP_DEPENDENCIES_COMMAND: `echo "Error: the mail queue is stuck" >> ${log}`,
    MAINTENANCE_ON: `echo "Error: a job was cut off" >> ${log}; touch logs/closed`,
    MAINTENANCE_OFF: 'rm -f logs/closed',
    MAINTENANCE_STATUS: 'test -f logs/closed',
    APP_CACHE_COMMAND: after
      .split('; ')
      .map((line) => `echo "${line}" >> ${log}`)
      .join('; '),
  };
  const path = join(site.project, '.env');
  const before = (await readFile(path, 'utf8')).replace(/^MAINTENANCE_FILE=.*\n/m, '');
  const added = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  await writeFile(path, `${before.trimEnd()}\n${added.join('')}`);
  return site;
}

test('what the old version logs while a release is staged, and until the switch, is no error of the new one', async () => {
  const site = await noisySite('Error: the mail queue is stuck; Error: a job was cut off');
  const done = await site.maj('upgrade', '1.1.0');
  expect(done.code, done.stderr).toBe(0);
  await expectVersion(site, '1.1.0');
  const types = (await site.journal()).map(({ type }) => type);
  expect(types.indexOf('logs-marked')).toBe(types.indexOf('switch-planned') - 1);
});

test('what the new version alone logs brings the old one back', async () => {
  const site = await noisySite('Error: a job was cut off; Error: column x is unknown');
  const back = await site.maj('upgrade', '1.1.0');
  expect(back.code, back.stderr).toBe(10);
  expect(back.stderr).toContain('logs/error.log:4: Error: column x is unknown');
  expect(back.stderr).not.toMatch(/error\.log:\d+: Error: a job was cut off/);
  await expectVersion(site, '1.0.0');
});
