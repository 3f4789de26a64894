import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../helpers/context.ts';
import { releaseEntries, treePrint, writePackage, writeTree } from '../../helpers/packages.ts';
import { strikeEnvironment } from '../../helpers/strike.ts';

interface Site {
  readonly app: string;
  readonly project: string;
  readonly area: string;
  readonly package: string;
}

/** An application with 80 persistent paths. */
function makeSite(): Site {
  const root = temporaryFolder('cut');
  const app = join(root, 'app');
  const project = join(root, 'project');
  mkdirSync(project);
  const persistent = Array.from({ length: 80 }, (_, number) => `data${number}`);
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

/** Runs maj as its own process, behind a shell command. */
function maj(
  site: Site,
  words: readonly string[],
  {
    before = '',
    env = {},
  }: { readonly before?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const command = `${before} exec "$0" --import tsx "$@"`;
  const script = resolve('scripts/maj.ts');
  const args = ['-c', command, process.execPath, script, ...words, '--project', site.project];
  const child = spawn('/bin/sh', args, { env: { ...process.env, ...env } });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.resume();
  return new Promise((done) => child.once('close', (code) => done({ code, stderr })));
}

/** The persistent paths that lie in the staged tree. */
function movedIn({ area }: Site): string[] {
  const [staged = ''] = readdirSync(area).filter((name) => /^staged-[^.]+$/.test(name));
  return readdirSync(join(area, staged)).filter((name) => name.startsWith('data'));
}

describe('maj apply that is killed', () => {
  it.each([1, 60])('after %i persistent paths have moved leaves a run that is taken back', async (count) => {
    const site = makeSite();
    const before = treePrint(site.app);
    // By itself: who looks on from outside may come too late. The first rename is that of the mark of a switch.
    const strike = {
      line: ['"type":"switch-planned"'],
      when: 'after',
      afterRenames: 1 + count,
      signal: 'SIGKILL',
    };
    const killed = await maj(site, ['apply', site.package, '--yes'], { env: strikeEnvironment(strike) });
    expect(killed.code).toBeNull();
    expect(movedIn(site)).toHaveLength(count);
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
  const ended = await maj(site, ['apply', site.package, '--yes'], {
    before: "trap '' XFSZ; ulimit -f 2048;",
  });
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
