import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../helpers/context.ts';
import { releaseEntries, treePrint, writePackage, writeTree } from '../../helpers/packages.ts';

interface Site {
  readonly app: string;
  readonly project: string;
  readonly area: string;
  readonly package: string;
}

/** An application with 200 persistent paths, so that a switch takes long enough to be killed in its middle. */
function makeSite(): Site {
  const root = temporaryFolder('cut');
  const app = join(root, 'app');
  const project = join(root, 'project');
  mkdirSync(project);
  const persistent = Array.from({ length: 200 }, (_, number) => `data${number}`);
  const files = persistent.map((name): [string, string] => [`${name}/kept.txt`, name]);
  writeTree(app, { VERSION: '1.0.0\n', 'index.php': 'old', ...Object.fromEntries(files) });
  writeFileSync(join(project, '.env'), `APP_DIR=${app}\nAPP_PERSIST=${persistent.join(',')}\n`);
  const entries = releaseEntries('1.1.0', { 'index.php': 'new', 'large.bin': 'x'.repeat(3_000_000) });
  return {
    app,
    project,
    area: join(root, '.app.maj'),
    package: writePackage(root, 'app-1.1.0.tgz', entries),
  };
}

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs maj as its own process, behind a shell command; `watch` may kill it. */
function maj(
  site: Site,
  words: readonly string[],
  before = '',
  watch: (kill: () => void) => void = () => undefined,
): Promise<Ended> {
  const command = `${before} exec "$0" --import tsx "$@"`;
  const script = resolve('scripts/maj.ts');
  const child = spawn('/bin/sh', [
    '-c',
    command,
    process.execPath,
    script,
    ...words,
    '--project',
    site.project,
  ]);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.resume();
  watch(() => child.kill('SIGKILL'));
  return new Promise((done) => child.once('close', (code) => done({ code, stderr })));
}

/** Calls back as soon as a folder holds so many names that begin so, looking as often as it can. */
function whenThere(folder: string, prefix: string, count: number, then: () => void): () => void {
  const looking = setInterval(() => {
    try {
      const staged = readdirSync(folder).find((name) => /^staged-[^.]+$/.test(name));
      if (staged === undefined) return;
      const names = readdirSync(join(folder, staged)).filter((name) => name.startsWith(prefix));
      if (names.length < count) return;
      clearInterval(looking);
      then();
    } catch {
      // Not there yet, or moved on meanwhile.
    }
  }, 0);
  return () => clearInterval(looking);
}

describe('maj apply that is killed', () => {
  it.each([1, 60])('after %i persistent paths have moved leaves a run that is taken back', async (count) => {
    const site = makeSite();
    const before = treePrint(site.app);
    let stop = (): void => undefined;
    const killed = await maj(site, ['apply', site.package, '--yes'], '', (kill) => {
      stop = whenThere(site.area, 'data', count, kill);
    });
    stop();
    expect(killed.code).toBeNull();
    expect(treePrint(site.app)).not.toEqual(before);

    const again = await maj(site, ['apply', site.package, '--yes']);
    expect(again.code).toBe(6);
    expect(again.stderr).toContain('--roll-back');

    const back = await maj(site, ['upgrade', '--roll-back']);
    expect([back.code, back.stderr]).toEqual([0, expect.any(String)]);
    expect(treePrint(site.app)).toEqual(before);

    const done = await maj(site, ['apply', site.package, '--yes']);
    expect([done.code, done.stderr]).toEqual([0, expect.any(String)]);
    expect(readFileSync(join(site.app, 'VERSION'), 'utf8')).toBe('1.1.0\n');
    expect(readFileSync(join(site.app, 'data7', 'kept.txt'), 'utf8')).toBe('data7');
  });
});

it('a file that cannot be written whole is an error that names the folder, and nothing is left of it', async () => {
  const site = makeSite();
  const before = treePrint(site.app);
  // No file may become larger than 1 MB; the system then says EFBIG, as it says ENOSPC on a full disk.
  const ended = await maj(site, ['apply', site.package, '--yes'], "trap '' XFSZ; ulimit -f 2048;");
  expect([ended.code, ended.stderr]).toEqual([3, expect.stringContaining(site.area)]);
  expect(ended.stderr).toContain('EFBIG');
  expect(treePrint(site.app)).toEqual(before);
  expect(readdirSync(site.area)).toEqual([]);
});

it('without a terminal and without --yes nothing is applied', async () => {
  const site = makeSite();
  const before = treePrint(site.app);
  const ended = await maj(site, ['apply', site.package]);
  expect([ended.code, ended.stderr]).toEqual([3, expect.stringContaining('--yes')]);
  expect(treePrint(site.app)).toEqual(before);
});
