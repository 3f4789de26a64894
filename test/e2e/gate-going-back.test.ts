import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { maj } from '../helpers/cli.ts';
import { setSettings } from '../helpers/gate-repository.ts';
import { useRehearsed, type RehearsedRepository } from '../helpers/rehearsed-repository.ts';
import { servers } from '../helpers/servers.ts';

describe.each(servers)('going back to what ran before, on $name,', (server) => {
  const { copy, running } = useRehearsed(server);
  let released: RehearsedRepository | undefined;

  const must = async (repository: RehearsedRepository, words: readonly string[]): Promise<void> => {
    const { code, stderr } = await maj(repository.folder, words);
    expect(code, stderr).toBe(0);
  };
  const release = async (repository: RehearsedRepository): Promise<void> => {
    const { code, stderr } = await repository.push('origin', 'main:deploy');
    expect(code, stderr).toBe(0);
    await must(repository, ['migrate', '--yes']);
  };

  /** Two releases, each rehearsed, pushed and migrated; the tags `first` and `second`. */
  beforeAll(async () => {
    const repository = copy();
    repository.git('tag', 'first');
    await release(repository);
    repository.commit({ 'migrations/003_note.sql': 'ALTER TABLE users ADD note TEXT;\n', 'code.txt': 'new' });
    repository.git('tag', 'second');
    await must(repository, ['rehearse']);
    await release(repository);
    released = repository;
  }, 120_000);

  const repository = (): RehearsedRepository => {
    if (released === undefined) throw new Error('It is released before the tests.');
    const { folder, git, settings } = released;
    git('checkout', '--quiet', '--force', '-B', 'main', 'second');
    git('push', '--quiet', '--no-verify', '--force', 'origin', 'main:deploy');
    setSettings(folder, settings);
    return released;
  };
  const run = async (sql: string): Promise<void> => {
    const session = await running().adminSession();
    await session.run(`USE ${/DB_NAME=(.*)/.exec(released?.settings ?? '')?.[1] ?? ''}`);
    await session.run(sql);
  };
  const standsAt = ({ git, remote }: RehearsedRepository): string =>
    git('--git-dir', remote, 'log', '-1', '--format=%D%s', 'deploy');
  const old = 'BACKUP_MAX_AGE=0s\n';

  test.each<[string, (it: RehearsedRepository) => void]>([
    ['the commit itself', ({ git }) => void git('reset', '--quiet', '--hard', 'first')],
    [
      'the commit itself, its receipt and the backups expired',
      (it) => {
        it.git('reset', '--quiet', '--hard', 'first');
        setSettings(it.folder, it.settings + old);
      },
    ],
    [
      'a commit that takes the last one back',
      ({ git }) => void git('-c', 'user.name=t', '-c', 'user.email=t', 'revert', '--no-edit', 'HEAD'),
    ],
    [
      'the commit that is there, its receipt expired',
      (it) => {
        setSettings(it.folder, it.settings + old);
        it.git('push', '--quiet', '--no-verify', '--force', 'origin', 'first:deploy');
      },
    ],
  ])('%s is let through, and it is kept why', async (_title, change) => {
    const it = repository();
    change(it);
    const { code, stderr, stdout } = await it.push('--force', 'origin', 'main:deploy');
    expect(code, stderr).toBe(0);
    const said = stdout + stderr;
    expect(said).toMatch(/it ran before, and the database has all of its migrations, so that none would run/);
    const isBack = it.git('ls-tree', 'main', 'migrations/003_note.sql') === '';
    if (isBack) expect(said).toMatch(/the database does not: 003_note stays applied/);
    else expect(said).not.toMatch(/the database does not/);
    const record = readFileSync(join(it.folder, '.maj', 'gate.ndjson'), 'utf8')
      .trim()
      .split('\n');
    expect(JSON.parse(record.at(-1) ?? '')).toMatchObject({
      what: 'allowed',
      reason: 'ran-before',
      commit: it.git('rev-parse', 'main').trim(),
      refused: expect.stringMatching(/is refused/) as unknown,
    });
  });

  test('`maj migrate` does nothing there: what is applied is missing', async () => {
    const it = repository();
    it.git('checkout', '--quiet', '--force', 'first');
    const { code, stderr } = await maj(it.folder, ['migrate', '--yes']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/003_note/);
  });

  test('in CI it is said as data', async () => {
    const it = repository();
    const { code, stdout } = await maj(it.folder, ['gate', '--json', '--commit', 'first']);
    expect(code, stdout).toBe(0);
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      data: [{ commit: it.git('rev-parse', 'first').trim(), beyond: ['003_note'] }],
    });
  });

  test.each<[string, (it: RehearsedRepository) => unknown, string | undefined, RegExp]>([
    // what is refused, and what brings the database back
    [
      'code that never ran, though its migrations have',
      (it) => {
        it.git('reset', '--quiet', '--hard', 'first');
        it.commit({ 'code.txt': 'another' });
      },
      undefined,
      /another structure/,
    ],
    [
      'where one of its migrations is not applied',
      async (it) => {
        it.git('reset', '--quiet', '--hard', 'first');
        await run("UPDATE schema_versions SET version = '902' WHERE version = '002'");
      },
      "UPDATE schema_versions SET version = '002' WHERE version = '902'",
      /another structure/,
    ],
    [
      'where another text of one has run',
      async (it) => {
        it.git('reset', '--quiet', '--hard', 'first');
        await run("UPDATE schema_versions SET checksum = REVERSE(checksum) WHERE version = '002'");
      },
      "UPDATE schema_versions SET checksum = REVERSE(checksum) WHERE version = '002'",
      /another structure/,
    ],
    [
      'where the database does not answer',
      (it) => {
        it.git('reset', '--quiet', '--hard', 'first');
        setSettings(it.folder, `${it.settings}${old}DB_USER=nobody\n`);
      },
      undefined,
      /are allowed/,
    ],
  ])('refused: %s', async (_title, change, after, said) => {
    const it = repository();
    await change(it);
    try {
      const { code, stderr } = await it.push('--force', 'origin', 'main:deploy');
      expect(stderr).toMatch(said);
      expect(code).not.toBe(0);
      expect(standsAt(it)).toMatch(/deploy/);
    } finally {
      if (after !== undefined) await run(after);
    }
  });

  // The last ones: they take the records away.
  test('a clone that has no records goes back in the line of the branch', async () => {
    const it = repository();
    rmSync(join(it.folder, '.maj'), { recursive: true });
    it.git('reset', '--quiet', '--hard', 'first');
    const { code, stderr } = await it.push('--force', 'origin', 'main:deploy');
    expect(code, stderr).toBe(0);
  });

  test('but not to a branch that is not there yet', async () => {
    const it = repository();
    rmSync(join(it.folder, '.maj'), { recursive: true });
    setSettings(it.folder, `${it.settings}DEPLOY_BRANCH=deploy,live\n`);
    const { code, stderr } = await it.push('origin', 'first^{}:refs/heads/live');
    expect(stderr).toMatch(/there is no backup/);
    expect(code).not.toBe(0);
  });
});
