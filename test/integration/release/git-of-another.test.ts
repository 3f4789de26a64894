import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { findPackage } from '../../../scripts/package/find.ts';
import { checkPackage } from '../../../scripts/release/check-package.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { writeTree } from '../../helpers/packages.ts';

/** A repository whose own configuration names programs: what they do is seen in a folder that all may write to. */

const isRoot = process.geteuid?.() === 0;
/** Any number will do: it needs no account. */
const stranger = 64_533;

let repository: string;
let ran: string;

function git(...args: readonly string[]): string {
  const settings = ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'safe.directory=*'];
  return execFileSync('git', ['-C', repository, ...settings, ...args], { encoding: 'utf8' }).trim();
}

beforeEach(() => {
  ran = temporaryFolder('ran');
  chmodSync(ran, 0o777);
  const folder = temporaryFolder('repository');
  chmodSync(folder, 0o755);
  repository = join(folder, 'shop');
  writeTree(repository, { VERSION: '1.1.0\n', 'index.php': 'x', '.gitattributes': '*.php filter=x\n' });
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-qm', '1.1.0');
  git('tag', 'v1.1.0');
  const note = (what: string): string => `id -u >${ran}/${what}-$(id -u); cat #`;
  git('config', 'filter.x.smudge', note('smudge'));
  git('config', 'core.fsmonitor', note('fsmonitor'));
  git('config', 'uploadpack.packObjectsHook', note('pack'));
  git('config', 'tar.tar.gz.command', note('tar'));
});

const context = (env: Readonly<Record<string, string>> = {}): TestContext =>
  testContext({ config: { UPDATE_SOURCE: `git:${repository}` }, env: { ...process.env, ...env } });

it('no filter of a repository is run, and its files are as they were committed', async () => {
  const ours = context();
  const { path } = await findPackage(ours, '1.1.0');
  expect((await checkPackage(ours, path)).version).toBe('1.1.0');
  const packed = execFileSync('tar', ['-xOzf', path, 'index.php'], { encoding: 'utf8' });
  expect(packed).toBe('x');
  expect(readdirSync(ran)).toEqual([]);
});

it.each([
  ['', {}],
  [', who called sudo', { SUDO_UID: String(stranger), SUDO_GID: String(stranger) }],
])('nothing that another%s has put into his repository is run by us', async (_, env) => {
  if (!isRoot) {
    // No other user’s repository can be made here; ours is refused where git does not take it for ours.
    const failure = await failureOf(findPackage(context({ GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' }), '1.1.0'));
    expect(failure.message).toMatch(/dubious ownership/);
    return;
  }
  execFileSync('chown', ['-R', `${stranger}:${stranger}`, repository]);
  for (const source of [`git:${repository}`, `git:file://${repository}`]) {
    const ours = context(env);
    const { path } = await findPackage(
      { ...ours, config: { ...ours.config, UPDATE_SOURCE: source } },
      '1.1.0',
    );
    expect(existsSync(path)).toBe(true);
  }
  expect(readdirSync(ran).filter((name) => !name.endsWith(`-${stranger}`))).toEqual([]);
});

it('a commit whose files are kept by Git LFS is refused: its archive would hold what points to them', async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 5\n`;
  writeTree(repository, { '.gitattributes': '*.bin filter=lfs diff=lfs -text\n', 'a.bin': pointer });
  git('add', '.');
  git('commit', '-qm', '1.2.0');
  const failure = await failureOf(findPackage(context(), 'HEAD'));
  expect([failure.code, failure.exitCode]).toEqual(['git-lfs', 3]);
  expect(failure.message).toMatch(/a\.bin/);
});
