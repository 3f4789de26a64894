import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { maj } from '../helpers/cli.ts';
import {
  gateRepository,
  majInShell,
  setHook,
  setSettings,
  type GateRepository,
} from '../helpers/gate-repository.ts';

/** What is said where nothing was rehearsed. */
const unrehearsed = /The push of [0-9a-f]{12} to \S+ is refused/;

describe('what is guarded', () => {
  test.each<[string, string, RegExp]>([
    // DEPLOY_BRANCH, what is pushed, what is said
    ['deploy', 'main:deploy', unrehearsed],
    ['deploy', 'main:DEPLOY', unrehearsed],
    ['refs/heads/deploy', 'main:deploy', unrehearsed],
    ['deploy,production', 'main:production', unrehearsed],
    ['deploy, production', 'main:deploy', unrehearsed],
    ['release/*', 'main:release/1.2/eu', unrehearsed],
    ['release/*-live', 'main:release/1-live', unrehearsed],
    ['*', 'main', unrehearsed],
    ['deploy production', 'main:deploy', /DEPLOY_BRANCH/],
    ['origin/deploy', 'main:deploy', /DEPLOY_BRANCH/],
    ['refs/remotes/origin/deploy', 'main:deploy', /DEPLOY_BRANCH/],
    ['de..ploy', 'main:deploy', /DEPLOY_BRANCH/],
    ['deploy,', 'main:deploy', /DEPLOY_BRANCH/],
  ])('DEPLOY_BRANCH=%s refuses a push of %s', async (branches, refs, said) => {
    const repository = gateRepository(`DEPLOY_BRANCH="${branches}"\n`);
    const { code, stderr } = await repository.push('origin', refs);
    expect(stderr).toMatch(said);
    expect(code).not.toBe(0);
    expect(repository.branches()).toEqual([]);
  });

  test.each<[string, string]>([
    ['deploy', 'main'],
    ['deploy', 'main:deploys'],
    ['deploy', 'main:x/deploy'],
    ['release/*', 'main:release'],
    ['release/*-live', 'main:release/1'],
  ])('DEPLOY_BRANCH=%s lets a push of %s through', async (branches, refs) => {
    const repository = gateRepository(`DEPLOY_BRANCH="${branches}"\n`);
    const { code, stderr } = await repository.push('origin', refs);
    expect(code, stderr).toBe(0);
    expect(repository.branches()).toHaveLength(1);
  });

  test('a branch that is written with the name of its remote is a slip', async () => {
    const repository = gateRepository('DEPLOY_BRANCH=live/deploy\n');
    repository.git('remote', 'rename', 'origin', 'live');
    const { code, stderr } = await repository.push('live', 'main:deploy');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/Next: Set DEPLOY_BRANCH=deploy\./);
  });
});

describe('with DEPLOY_REMOTES', () => {
  function withTwoRemotes(listed: string): GateRepository & { readonly dokku: string } {
    const repository = gateRepository(`DEPLOY_BRANCH=main\nDEPLOY_REMOTES=${listed}\n`);
    const dokku = join(repository.folder, '..', 'dokku.git');
    repository.git('init', '--quiet', '--bare', dokku);
    repository.git('remote', 'add', 'dokku', dokku);
    return { ...repository, dokku };
  }

  test('the same branch of another remote is open', async () => {
    const repository = withTwoRemotes('dokku');
    expect((await repository.push('origin', 'main')).code).toBe(0);
    const refused = await repository.push('dokku', 'main');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(unrehearsed);
  });

  test.each<[string, (repository: ReturnType<typeof withTwoRemotes>) => string]>([
    ['its address', ({ dokku }) => dokku],
    ['its address in another form', ({ dokku }) => `file://${dokku}/`],
    ['a second name', (repository) => (repository.git('remote', 'add', 'x', repository.dokku), 'x')],
  ])('a listed remote is guarded under %s', async (_title, where) => {
    const repository = withTwoRemotes('dokku');
    const { code, stderr } = await repository.push(where(repository), 'main');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(unrehearsed);
  });

  test('a hook that does not hand on the remote guards every one', async () => {
    const repository = withTwoRemotes('dokku');
    setHook(repository.folder, `exec ${majInShell} gate`);
    expect((await repository.push('origin', 'main')).stderr).toMatch(unrehearsed);
  });

  test('an address can be listed', async () => {
    const repository = withTwoRemotes('*/dokku.git');
    expect((await repository.push('origin', 'main')).code).toBe(0);
    expect((await repository.push('dokku', 'main')).stderr).toMatch(unrehearsed);
  });
});

describe('where the lines of git do not come in', () => {
  test('an empty input that no push stands above is refused', async () => {
    const { folder, remote } = gateRepository();
    const { code, stderr } = await maj(folder, ['gate', 'origin', remote], { stdin: '' });
    expect(code).toBe(3);
    expect(stderr).toMatch(/standard input is empty/);
  });

  test.each([
    ['empty', `${majInShell} gate "$@" </dev/null`],
    ['closed', `${majInShell} gate "$@" <&-`],
    ['read by the program before', `cat >/dev/null; ${majInShell} gate "$@"`],
    ['read by the program before, and a pipe', `cat >/dev/null; : | ${majInShell} gate "$@"`],
    ['cut off in a line', `head -c 60 | ${majInShell} gate "$@"`],
  ])('a push is refused where the input is %s', async (_title, hook) => {
    const repository = gateRepository();
    setHook(repository.folder, hook);
    const { code, stderr } = await repository.push('origin', 'main:deploy');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/did not reach the gate|does not hold what git hands/);
    expect(repository.branches()).toEqual([]);
  });

  test.each([
    ['of a branch', ['origin', 'main']],
    ['of all', ['--all', 'origin']],
    ['that says nothing', ['--quiet', 'origin', 'main']],
    ['by more options', ['--force', '--set-upstream', '--tags', '--', 'origin', 'main']],
  ])('a push %s with nothing to push goes through', async (_title, words) => {
    const repository = gateRepository();
    expect((await repository.push('origin', 'main')).code).toBe(0);
    const again = await repository.push(...words);
    expect(again.code, again.stderr).toBe(0);
  });

  test('a push from another folder, or with settings in its line, is found as well', async () => {
    const { folder, push } = gateRepository();
    await push('origin', 'main');
    const run = (...words: string[]): string =>
      execFileSync('git', words, { cwd: join(folder, 'migrations'), encoding: 'utf8', stdio: 'pipe' });
    run('push', 'origin', 'main');
    run('-C', '..', '-c', 'push.default=current', 'push');
    run('-c', 'alias.p=push', 'p', 'origin', 'main');
  });
});

describe('deleting', () => {
  function withDeploy(): GateRepository {
    const repository = gateRepository();
    repository.git('push', '--quiet', '--no-verify', 'origin', 'main:deploy', 'main:other', 'main');
    return repository;
  }

  test.each([
    ['by a line', ['origin', ':deploy']],
    ['by --delete', ['--delete', 'origin', 'deploy']],
    ['by --prune', ['--prune', 'origin', 'refs/heads/*']],
    ['as a mirror', ['--mirror', 'origin']],
  ])('the deploy branch %s is refused', async (_title, words) => {
    const repository = withDeploy();
    const { code, stderr } = await repository.push(...words);
    expect(stderr).toMatch(/would delete the deploy branch deploy/);
    expect(code).not.toBe(0);
    expect(repository.branches()).toContain('deploy');
  });

  test('as a mirror by the settings of the remote is refused', async () => {
    const repository = withDeploy();
    repository.git('config', 'remote.origin.mirror', 'true');
    // Nothing of this is a branch that was fetched: git's lines look like any other.
    for (const name of ['deploy', 'main', 'other'])
      repository.git('update-ref', '-d', `refs/remotes/origin/${name}`);
    repository.commit();
    const { code, stderr } = await repository.push('origin');
    expect(stderr).toMatch(/would delete the deploy branch deploy/);
    expect(code).not.toBe(0);
  });

  test('another branch goes', async () => {
    const repository = withDeploy();
    expect((await repository.push('origin', ':other')).code).toBe(0);
    expect(repository.branches()).toEqual(['deploy', 'main']);
  });

  test('a mirror that has the deploy branch goes', async () => {
    const repository = withDeploy();
    repository.git('branch', 'deploy');
    const { code, stderr } = await repository.push('--mirror', 'origin');
    expect(code, stderr).toBe(0);
    expect(repository.branches()).toEqual(['deploy', 'main']);
  });
});

test('settings that are wrong refuse every push', async () => {
  const repository = gateRepository();
  setSettings(repository.folder, 'BACKUP_MAX_AGE=soon\n');
  expect((await repository.push('origin', 'main')).stderr).toMatch(/BACKUP_MAX_AGE/);
  expect(repository.branches()).toEqual([]);
});
