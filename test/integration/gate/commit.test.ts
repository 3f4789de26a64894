import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { scriptsInCommit } from '../../../scripts/gate/commit.ts';
import { maj } from '../../helpers/cli.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { writeTree } from '../../helpers/packages.ts';

/** A repository of which the project is a part, with a work tree of its own beside it, as `git worktree` makes one. */
function makeRepository(): { root: string; worktree: string } {
  const root = join(temporaryFolder('gate'), 'main');
  writeTree(root, {
    'site/migrations/001_users.sql': 'SELECT 1;\n',
    'migrations/009_other.sql': 'SELECT 9;\n',
  });
  const worktree = join(root, '..', 'second');
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: root, stdio: 'ignore' });
  git('init');
  git('add', '.');
  git('-c', 'user.name=t', '-c', 'user.email=t@localhost', 'commit', '-m', 'first');
  git('worktree', 'add', worktree);
  return { root, worktree };
}

let repository: ReturnType<typeof makeRepository>;
beforeAll(() => {
  repository = makeRepository();
});

describe('the migrations of a commit', () => {
  test.each([
    ['called by hand', (): Record<string, string> => ({})],
    ['called by git with a GIT_DIR from the root', () => ({ GIT_DIR: '.git' })],
    [
      'called by git in a work tree',
      () => ({ GIT_DIR: join(repository.root, '.git', 'worktrees', 'second') }),
    ],
  ])('are those of the project within its repository, %s', async (_title, env) => {
    const context = testContext({
      projectDir: join(repository.worktree, 'site'),
      env: { ...process.env, ...env() },
    });
    expect(await scriptsInCommit(context, 'HEAD')).toMatchObject([{ version: '001', name: 'users' }]);
  });

  test('may lie outside of the project folder', async () => {
    const context = testContext({
      projectDir: join(repository.root, 'site'),
      config: { MIGRATIONS_DIR: '../migrations' },
    });
    expect(await scriptsInCommit(context, 'HEAD')).toMatchObject([{ version: '009', name: 'other' }]);
  });
});

test('the gate lets nothing through that git did not write', async () => {
  const project = join(repository.root, 'site');
  expect((await maj(project, ['gate'], { stdin: 'deploy please\n' })).code).toBe(2);
  // Nothing is no answer: what git wrote may have been read by somebody else.
  expect((await maj(project, ['gate'], { stdin: '' })).code).toBe(3);
});
