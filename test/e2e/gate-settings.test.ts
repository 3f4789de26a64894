import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  gateRepository,
  majInShell,
  repositoryAt,
  setHook,
  setSettings,
} from '../helpers/gate-repository.ts';
import { useRehearsed } from '../helpers/rehearsed-repository.ts';
import { servers } from '../helpers/servers.ts';

const unrehearsed = /The push of [0-9a-f]{12} to \S+ is refused/;

describe('a clone without .env', () => {
  test('guards what the file says that git tracks', async () => {
    const repository = gateRepository('DB_NAME=shop\n');
    repository.commit({ 'maj.config.json': '{ "DEPLOY_BRANCH": ["production", "eu/*"] }' });
    repository.git('push', '--quiet', '--no-verify', 'origin', 'main');
    const folder = join(repository.folder, '..', 'clone');
    repository.git('clone', '--quiet', repository.remote, folder);
    const clone = repositoryAt(folder, repository.remote);
    setHook(folder, `exec ${majInShell} gate "$@"`);
    for (const branch of ['production', 'eu/live']) {
      expect((await clone.push('origin', `HEAD:refs/heads/${branch}`)).stderr).toMatch(unrehearsed);
    }
    expect((await clone.push('origin', 'HEAD:refs/heads/deploy')).code).toBe(0);
    expect(clone.branches()).toEqual(['deploy', 'main']);
  });

  test('and without that file refuses what looks live, and says that nothing is set', async () => {
    const repository = gateRepository(null);
    const live = await repository.push('origin', 'main:production');
    expect(live.code).not.toBe(0);
    expect(live.stderr).toMatch(/neither maj\.config\.json nor \.env .* which branches are guarded/);
    expect((await repository.push('origin', 'main:deploy')).stderr).toMatch(unrehearsed);
    const other = await repository.push('origin', 'main');
    expect(other.code, other.stderr).toBe(0);
    expect(other.stderr).toMatch(/so only this is guarded: deploy/);
    expect(repository.branches()).toEqual(['main']);
  });

  test('of a project in a subfolder is told to call the gate there', async () => {
    const repository = gateRepository('DEPLOY_BRANCH=production\n');
    const project = join(repository.folder, 'apps', 'shop');
    mkdirSync(join(project, '..'), { recursive: true });
    mkdirSync(project);
    for (const name of ['migrations', '.env']) renameSync(join(repository.folder, name), join(project, name));
    repository.commit();
    expect((await repository.push('origin', 'main:production')).stderr).toMatch(/--project FOLDER/);
    setHook(repository.folder, `exec ${majInShell} gate --project apps/shop "$@"`);
    expect((await repository.push('origin', 'main:production')).stderr).toMatch(unrehearsed);
  });
});

describe('the file that a team shares', () => {
  test.each([
    ['a secret', '{ "DB_PASSWORD": "x" }', /DB_PASSWORD, which it may not set/],
    ['a command', '{ "APP_CACHE_COMMAND": "rm" }', /APP_CACHE_COMMAND, which it may not/],
    ['a name that is none', '{ "DEPLOY_BRANHC": "x" }', /DEPLOY_BRANHC, which it may not/],
    ['a value that is none', '{ "BACKUP_MAX_AGE": "soon" }', /BACKUP_MAX_AGE must be/],
    ['no text', '{ "BACKUP_MAX_AGE": 3 }', /maj\.config\.json cannot be read/],
    ['no JSON', 'DEPLOY_BRANCH=x', /maj\.config\.json cannot be read/],
  ])('is refused with %s', async (_title, text, said) => {
    const repository = gateRepository();
    repository.commit({ 'maj.config.json': text });
    const { code, stderr } = await repository.push('origin', 'main');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(said);
  });

  test('goes before .env for the gate', async () => {
    const repository = gateRepository('DEPLOY_BRANCH=nothing\n');
    repository.commit({ 'maj.config.json': '{ "$schema": "x", "DEPLOY_BRANCH": "deploy" }' });
    expect((await repository.push('origin', 'main:deploy')).stderr).toMatch(unrehearsed);
  });
});

describe.each(servers.slice(0, 1))('rehearsed on $name', (server) => {
  const { copy } = useRehearsed(server);

  test('a push of what was rehearsed goes through, with direnv or without', async () => {
    const repository = copy();
    const { code, stderr } = await repository.pushWith({ BACKUP_MAX_AGE: '24h' }, 'origin', 'main:deploy');
    expect(code, stderr).toBe(0);
    expect(stderr).not.toMatch(/does not count|do not count/);
  });

  test.each<[string, Record<string, string>, string]>([
    ['DEPLOY_BRANCH', { DEPLOY_BRANCH: 'nothing' }, ''],
    ['DEPLOY_REMOTES', { DEPLOY_REMOTES: 'nothing' }, ''],
    ['BACKUP_MAX_AGE', { BACKUP_MAX_AGE: '9999d' }, 'BACKUP_MAX_AGE=0s\n'],
    ['DB_NAME', { DB_NAME: 'another' }, ''],
    ['MIGRATIONS_DIR', { MIGRATIONS_DIR: 'nowhere' }, ''],
    ['MIGRATIONS_PATTERN', { MIGRATIONS_PATTERN: '(\\d+)_(users|name)\\.sql' }, ''],
  ])('%s of the environment does not open it, and is named', async (name, env, settings) => {
    const repository = copy();
    setSettings(repository.folder, `${repository.settings}${settings}`);
    repository.commit({ 'migrations/003_x.sql': 'DROP TABLE users;\n' });
    const { code, stderr } = await repository.pushWith(env, 'origin', 'main:deploy');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(new RegExp(`${name} of the environment does not count`));
    expect(stderr).toMatch(unrehearsed);
    expect(repository.branches()).toEqual([]);
  });

  test('a linked worktree has the settings and the records of the main checkout', async () => {
    const repository = copy();
    const folder = join(repository.folder, '..', 'second');
    repository.git('worktree', 'add', '--quiet', '-b', 'topic', folder);
    const worktree = repositoryAt(folder, repository.remote);
    const { code, stderr } = await worktree.push('origin', 'topic:deploy');
    expect(code, stderr).toBe(0);
    worktree.commit({ 'migrations/003_x.sql': 'DROP TABLE users;\n' });
    expect((await worktree.push('origin', 'topic:deploy')).stderr).toMatch(/003_x \(added\)/);
    // Its own HEAD is meant, not that of the main checkout.
    const gate = (): unknown =>
      execFileSync('sh', ['-c', `${majInShell} gate --commit HEAD`], { cwd: folder, stdio: 'pipe' });
    expect(gate).toThrow(/003_x \(added\)/);
  });

  test('a worktree that has its own .env is a project by itself', async () => {
    const repository = copy();
    const folder = join(repository.folder, '..', 'second');
    repository.git('worktree', 'add', '--quiet', '-b', 'topic', folder);
    setSettings(folder, repository.settings);
    const worktree = repositoryAt(folder, repository.remote);
    expect((await worktree.push('origin', 'topic:deploy')).stderr).toMatch(/there is no backup/);
    rmSync(join(folder, '.env'));
    expect((await worktree.push('origin', 'topic:deploy')).code).toBe(0);
  });
});
