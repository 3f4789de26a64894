import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { maj, type CliRun } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { moveIntoSubmodule, setSettings } from '../helpers/gate-repository.ts';
import { writeTree } from '../helpers/packages.ts';
import { useRehearsed, type RehearsedRepository } from '../helpers/rehearsed-repository.ts';
import { servers } from '../helpers/servers.ts';

const note = { 'migrations/003_note.sql': 'ALTER TABLE users ADD note TEXT;\n' };
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

describe.each(servers.slice(0, 1))('`maj rehearse --commit` on $name', (server) => {
  const { copy } = useRehearsed(server);

  /** Goes back to the first commit, and leaves there what must not count. */
  const standElsewhere = ({ folder, git }: RehearsedRepository): void => {
    git('tag', '--annotate', '--message=x', 'v1');
    git('checkout', '--quiet', '--detach', 'HEAD~1');
    writeTree(folder, { 'migrations/002_name.sql': 'DROP TABLE users;\n', 'migrations/009_x.sql': 'x' });
  };

  const rehearse = (
    { folder }: RehearsedRepository,
    words: readonly string[],
    temporary = temporaryFolder('t'),
  ): Promise<CliRun> => maj(folder, ['rehearse', ...words], { env: { TMPDIR: temporary } });

  test.each(['main', 'v1', 'HEAD@{1}', 'its hash'])(
    'takes %s for its name, and the gate opens',
    async (name) => {
      const repository = copy();
      repository.commit(note);
      const hash = repository.git('rev-parse', '--short', 'HEAD').trim();
      standElsewhere(repository);
      const temporary = temporaryFolder('t');
      const words = ['--commit', name === 'its hash' ? hash : name];
      const { code, stderr } = await rehearse(repository, words, temporary);
      expect(code, stderr).toBe(0);
      expect(readdirSync(temporary)).toEqual([]);
      const pushed = await repository.push('origin', 'main:deploy');
      expect(pushed.code, pushed.stderr).toBe(0);
      expect(repository.git('status', '--porcelain')).toMatch(/009_x/);
    },
  );

  test.each<[string, (it: RehearsedRepository) => void]>([
    // what the commit has, each time with a script that was not rehearsed
    [
      'a link to a script',
      (it) => {
        writeTree(it.folder, { 'shared/x': note['migrations/003_note.sql'] });
        symlinkSync('../shared/x', join(it.folder, 'migrations/003_note.sql'));
        it.commit();
      },
    ],
    [
      'a filter that makes the scripts',
      (it) => {
        it.git('config', 'filter.names.smudge', 'sed s/PEOPLE/users/g');
        it.git('config', 'filter.names.clean', 'sed s/users/PEOPLE/g');
        it.commit({ ...note, '.gitattributes': '*.sql filter=names\n' });
        expect(it.git('show', 'HEAD:migrations/003_note.sql')).toContain('PEOPLE');
      },
    ],
    [
      'pointers of git-lfs whose files are here',
      (it) => {
        const text = note['migrations/003_note.sql'];
        const oid = sumOf(text);
        writeTree(it.folder, { [`.git/lfs/objects/${oid.slice(0, 2)}/${oid.slice(2, 4)}/${oid}`]: text });
        it.commit({
          '.gitattributes': '003* filter=lfs diff=lfs merge=lfs -text\n',
          'migrations/003_note.sql': `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${text.length}\n`,
        });
      },
    ],
    [
      'line ends of Windows, and capitals in names',
      (it) => it.commit({ 'migrations/003_NOTE.SQL': 'ALTER TABLE users\r\nADD note TEXT;\r\n' }),
    ],
    [
      'a project in a folder of its own',
      (it) => {
        mkdirSync(join(it.folder, 'apps'));
        it.git('mv', 'migrations', 'apps/migrations');
        it.commit({ 'apps/migrations/003_note.sql': note['migrations/003_note.sql'] });
        setSettings(it.folder, `${it.settings}MIGRATIONS_DIR=apps/migrations\n`);
      },
    ],
    [
      'the scripts in a submodule',
      (it) => {
        it.commit(note);
        moveIntoSubmodule(it);
        setSettings(it.folder, `${it.settings}MIGRATIONS_DIR=vendor/migrations\n`);
      },
    ],
  ])('rehearses what the gate reads: %s', async (_title, make) => {
    const repository = copy();
    make(repository);
    const refused = await repository.push('origin', 'main:deploy');
    expect(refused.stderr).toMatch(/003_note \(added\)/i);
    const { code, stderr } = await rehearse(repository, ['--commit', 'main']);
    expect(code, stderr).toBe(0);
    const pushed = await repository.push('origin', 'main:deploy');
    expect(pushed.code, pushed.stderr).toBe(0);
  });

  test('a failure closes the gate for that commit', async () => {
    const repository = copy();
    repository.commit({ 'migrations/003_wrong.sql': 'ALTER TABLE nobody ADD note TEXT;\n' });
    repository.git('branch', 'wrong');
    repository.git('reset', '--quiet', '--hard', 'HEAD~1');
    const { code, stderr } = await rehearse(repository, ['--commit', 'wrong']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/003_wrong\.sql/);
    expect((await repository.push('origin', 'wrong:deploy')).stderr).toMatch(/rehearsal .* failed/);
    expect((await repository.push('origin', 'main:deploy')).code).toBe(0);
  });

  test.each<[string, readonly string[], number, RegExp, (it: RehearsedRepository) => void]>([
    ['no commit of this repository', ['--commit', 'nosuch'], 3, /git does not answer/, () => undefined],
    ['a package beside it', ['1.0.0', '--commit', 'main'], 2, /goes without VERSION/, () => undefined],
    [
      'a commit without the folder',
      ['--commit', 'main'],
      2,
      /no folder of migrations; looked for migrations in the commit [0-9a-f]{12}/,
      (it) => {
        renameSync(join(it.folder, 'migrations'), join(it.folder, 'elsewhere'));
        it.commit();
      },
    ],
    [
      'a pointer of git-lfs alone',
      ['--commit', 'main'],
      3,
      /git-lfs keeps 003_x\.sql elsewhere/,
      (it) =>
        it.commit({
          '.gitattributes': '003* filter=lfs\n',
          'migrations/003_x.sql': `version https://git-lfs.github.com/spec/v1\noid sha256:${sumOf('x')}\nsize 1\n`,
        }),
    ],
    [
      'migrations that maj does not run',
      ['--commit', 'main'],
      3,
      /003_x\.php/,
      (it) => it.commit({ 'migrations/003_x.php': '<?php' }),
    ],
  ])('refuses %s', async (_title, words, code, said, make) => {
    const repository = copy();
    make(repository);
    const temporary = temporaryFolder('t');
    const run = await rehearse(repository, words, temporary);
    expect(run.stderr).toMatch(said);
    expect(run.code).toBe(code);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
