import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { applyVerb } from '../../../scripts/apply.ts';
import { findPackage } from '../../../scripts/package/find.ts';
import { checkPackage } from '../../../scripts/release/check-package.ts';
import {
  temporaryFolder,
  testContext,
  type ContextOverrides,
  type TestContext,
} from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { treePrint, writeTree } from '../../helpers/packages.ts';
import { verbArguments } from '../../helpers/verbs.ts';

let repository: string;

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();

function commit(version: string, files: Readonly<Record<string, string>> = {}): string {
  writeTree(repository, { VERSION: `${version}\n`, 'index.php': `of ${version}`, ...files });
  git('add', '.');
  git('commit', '-qm', version);
  return git('rev-parse', 'HEAD');
}

beforeEach(() => {
  repository = join(temporaryFolder('repository'), 'shop');
  writeTree(repository, { '.gitattributes': 'tests export-ignore\n', 'tests/a': 'not shipped' });
  git('init', '-q', '-b', 'main');
});

const contextWith = (config: ContextOverrides['config'] = {}, projectDir?: string): TestContext =>
  testContext({
    ...(projectDir === undefined ? {} : { projectDir }),
    config: { UPDATE_SOURCE: `git:${repository}`, ...config },
  });

it.each(['v1.1.0', '1.1.0'])('a version is its tag %s, as it was committed', async (tag) => {
  const tagged = commit('1.1.0');
  git('tag', '-a', '-m', 'x', tag);
  commit('1.2.0');
  writeFileSync(join(repository, 'index.php'), 'not committed');
  const context = contextWith();
  const found = await findPackage(context, '1.1.0');
  expect(found).toMatchObject({ version: '1.1.0', commit: tagged });
  expect(found.path).toContain(tagged);
  const sum = createHash('sha256').update(readFileSync(found.path)).digest('hex');
  expect(readFileSync(`${found.path}.sha256`, 'utf8')).toContain(sum);
  expect(await checkPackage(context, found.path)).toMatchObject({ version: '1.1.0', sha256: sum });
});

it.each([
  ['v1.1.0', '1.1'],
  ['1.1', 'v1.1.0'],
])('the tag %s is found as %s, too', async (tag, wanted) => {
  const tagged = commit('1.1.0');
  git('tag', tag);
  commit('1.2.0');
  git('tag', 'v1.2');
  expect(await findPackage(contextWith(), wanted)).toMatchObject({ commit: tagged });
  expect((await failureOf(findPackage(contextWith(), '1.3'))).message).toContain(`there: v1.2, ${tag}.`);
});

it('a branch whose name looks like a version is one', async () => {
  const branched = commit('1.1.0');
  git('branch', 'v5.1-dev');
  git('branch', 'v2');
  commit('1.2.0');
  for (const name of ['v5.1-dev', 'v2'])
    expect(await findPackage(contextWith(), name)).toMatchObject({ commit: branched, version: undefined });
});

it('a commit, a short one, a branch or a tag of another name is packed as well, from an address, too', async () => {
  const first = commit('1.1.0');
  git('tag', 'release/first');
  const second = commit('1.2.0');
  for (const source of [`git:${repository}`, `git:file://${repository}`]) {
    const context = contextWith({ UPDATE_SOURCE: source });
    for (const [name, expected] of [
      [first, first],
      [first.slice(0, 9), first],
      ['release/first', first],
      ['main', second],
    ] as const)
      expect(await findPackage(context, name)).toMatchObject({ commit: expected, version: undefined });
  }
});

it('what is new in a repository elsewhere is fetched, and the same commit gives the same package', async () => {
  commit('1.1.0');
  git('tag', 'v1.1.0');
  const context = contextWith({ UPDATE_SOURCE: `git:file://${repository}` });
  const { path } = await findPackage(context, '1.1.0');
  const before = readFileSync(`${path}.sha256`, 'utf8');
  commit('1.2.0');
  git('tag', 'v1.2.0');
  await findPackage(context, '1.2.0');
  await findPackage(context, '1.1.0');
  expect(readFileSync(`${path}.sha256`, 'utf8')).toBe(before);
});

it('is installed with its commit on record: the project’s own repository, from a folder in it', async () => {
  const root = temporaryFolder('own');
  const app = join(root, 'app');
  writeTree(app, { VERSION: '1.0.0\n' });
  const tagged = commit('1.1.0', { 'deploy/.env': '' });
  git('tag', 'v1.1.0');
  const context = contextWith({ UPDATE_SOURCE: 'git', APP_DIR: app }, join(repository, 'deploy'));
  await applyVerb.run(context, verbArguments(['1.1.0']));
  expect(treePrint(app)).toMatchObject({ 'index.php': '644 of 1.1.0', VERSION: '644 1.1.0\n' });
  expect(existsSync(join(app, 'tests'))).toBe(false);
  const list = readFileSync(join(repository, 'deploy', '.maj', 'releases', '1.1.0.json'), 'utf8');
  expect(JSON.parse(list)).toMatchObject({ commit: tagged });
});

it('a name is never an option, and runs nothing', async () => {
  commit('1.1.0');
  const proof = join(temporaryFolder('proof'), 'ran');
  for (const name of ['--output=x', '-h', `--exec=touch ${proof}`, '--upload-pack=x', 'main --output=x'])
    expect((await failureOf(findPackage(contextWith(), name))).code).toBe('git-no-commit');
  expect(existsSync(proof)).toBe(false);
});

it.each([
  ['a version without a tag', () => '3.0.0', 'git-no-version'],
  [
    'a version without a tag, though a branch is named so',
    () => (git('branch', '3.0'), '3.0'),
    'git-no-version',
  ],
  ['a name that is no commit', () => 'nowhere', 'git-no-commit'],
  [
    'two tags of two commits',
    () => {
      git('tag', 'v1.1.0');
      commit('1.2.0');
      git('tag', '1.1.0');
      return '1.1.0';
    },
    'git-tags-differ',
  ],
  [
    'a commit with a submodule',
    () => {
      git('update-index', '--add', '--cacheinfo', `160000,${git('rev-parse', 'HEAD')},library`);
      git('commit', '-qm', 'x');
      return 'HEAD';
    },
    'git-submodules',
  ],
])('%s is refused', async (_, prepare, code) => {
  commit('1.1.0');
  const failure = await failureOf(findPackage(contextWith(), prepare()));
  expect([failure.code, failure.exitCode]).toEqual([code, 3]);
});

it('a folder that is no repository is said to be none', async () => {
  const failure = await failureOf(
    findPackage(contextWith({ UPDATE_SOURCE: `git:${temporaryFolder('plain')}` }), '1.1.0'),
  );
  expect(failure.code).toBe('git-failed');
  expect(failure.message).toMatch(/not a git repository/);
});

it('is not made when Ctrl-C was pressed, and that is said so', async () => {
  commit('1.1.0');
  const stop = new AbortController();
  stop.abort();
  const failure = await failureOf(findPackage({ ...contextWith(), signal: stop.signal }, 'HEAD'));
  expect(failure.exitCode).toBe(130);
});

it('cannot stand in for a signed package', async () => {
  commit('1.1.0');
  const key = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';
  const failure = await failureOf(findPackage(contextWith({ UPDATE_PUBLIC_KEY: key }), 'HEAD'));
  expect(failure.code).toBe('git-unsigned');
});
