import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../helpers/context.ts';
import { servers } from '../helpers/servers.ts';
import { expectVersion, useSites, type TestSite } from '../helpers/site.ts';
import { strikeIn } from '../helpers/strike.ts';
import { treePicture } from '../helpers/tree-picture.ts';

const uploads = (site: TestSite): string => join(site.appDir, 'uploads');

/** What users do once the files are archived: they write, remove, replace, and make anew. */
const writing = (folder: string): string =>
  `cd '${folder}' && printf more >> kept && rm gone && mv new replaced && rm -r folder && printf x > folder && mkdir made && cp kept made`;

async function withUploads(newSite: () => Promise<TestSite>): Promise<TestSite> {
  const site = await newSite();
  mkdirSync(join(uploads(site), 'folder'), { recursive: true });
  for (const name of ['kept', 'gone', 'new', 'replaced', 'folder/file', 'untouched'])
    writeFileSync(join(uploads(site), name), name);
  // What was changed less than two seconds before the first look counts as changed: these are to be older, on any machine.
  await sleep(2500);
  return site;
}

/** The newest backup has the uploads as they are, by verification and by plain tools; the paths in its second archive. */
async function expectUploads(site: TestSite): Promise<string[]> {
  const backups = join(site.project, '.maj', 'backups');
  const names = readdirSync(backups).sort();
  expect(names.filter((name) => name.endsWith('.partial'))).toEqual([]);
  const newest = join(backups, names.at(-1) ?? '');
  const verified = await site.maj('verify', names.at(-1) ?? '');
  expect(verified.code, verified.stderr).toBe(0);
  const into = join(temporaryFolder('by-hand'), 'app');
  execFileSync(join(newest, 'restore.sh'), ['files', into], { stdio: 'pipe' });
  expect(treePicture(join(into, 'uploads'))).toEqual(treePicture(uploads(site)));
  expect(readFileSync(join(into, 'VERSION'), 'utf8')).toContain('1.0.0');
  if (!readdirSync(newest).includes('files-late.tar.zst')) return [];
  return execFileSync('tar', ['-t', '-f', join(newest, 'files-late.tar.zst')], { encoding: 'utf8' })
    .split('\n')
    .filter((path) => path.startsWith('uploads/'));
}

describe.each(servers.slice(0, 1))('uploads in an upgrade on $name', (server) => {
  const newSite = useSites(server);

  test('that change once they are archived are in the backup of the window, and stay', async () => {
    const site = await withUploads(newSite);
    const command = writing(uploads(site));
    const done = await strikeIn(site, 'maintenance-on', { command }, ['upgrade', '1.1.0']);
    expect(done.code, done.stderr).toBe(0);
    await expectVersion(site, '1.1.0');
    expect(readFileSync(join(uploads(site), 'kept'), 'utf8')).toBe('keptmore');
    expect(await expectUploads(site)).toEqual([
      'uploads/',
      'uploads/folder',
      'uploads/kept',
      'uploads/made/',
      'uploads/made/kept',
      'uploads/replaced',
    ]);
    const foretold = /final-backup [\d.]+ s of ([\d.]+) s/.exec(done.stdout)?.[1];
    expect(Number(foretold), done.stdout).toBeGreaterThan(0);

    const back = await site.maj('upgrade', '--roll-back', '--yes');
    expect(back.code, back.stderr).toBe(0);
    await expectVersion(site, '1.0.0');
    expect(readFileSync(join(uploads(site), 'kept'), 'utf8')).toBe('keptmore');
  });

  test.each(['archive-files', 'final-backup'] as const)(
    'are archived anew by who goes on with a run that was killed in %s',
    async (step) => {
      const site = await withUploads(newSite);
      const killed = await strikeIn(site, step, { signal: 'SIGKILL' }, ['upgrade', '1.1.0']);
      expect(killed.signal, killed.stderr).toBe('SIGKILL');
      execFileSync('sh', ['-c', writing(uploads(site))]);
      const done = await site.maj('upgrade', '--resume');
      expect(done.code, done.stderr).toBe(0);
      await expectVersion(site, '1.1.0');
      await expectUploads(site);
    },
  );
});
