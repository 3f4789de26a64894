import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { maj } from '../helpers/cli.ts';
import { moveIntoSubmodule, setSettings, twoMigrations } from '../helpers/gate-repository.ts';
import { useRehearsed, type RehearsedRepository } from '../helpers/rehearsed-repository.ts';
import { servers } from '../helpers/servers.ts';

const unrehearsed = /The push of [0-9a-f]{12} to \S+ is refused/;
const drop = { 'migrations/003_drop.sql': 'DROP TABLE users;\n' };

async function expectRefused(repository: RehearsedRepository, said: RegExp): Promise<void> {
  const { code, stderr } = await repository.push('origin', 'HEAD:deploy');
  expect(stderr).toMatch(said);
  expect(code).not.toBe(0);
  expect(repository.branches()).not.toContain('deploy');
}

async function expectOpen(repository: RehearsedRepository): Promise<void> {
  const { code, stderr } = await repository.push('origin', 'HEAD:deploy');
  expect(code, stderr).toBe(0);
  expect(repository.branches()).toContain('deploy');
}

describe.each(servers)('rehearsed on $name', (server) => {
  const { copy, running } = useRehearsed(server);
  const receipts = ({ folder }: RehearsedRepository): string[] =>
    readdirSync(join(folder, '.maj', 'receipts')).map((name) => join(folder, '.maj', 'receipts', name));
  const backup = ({ folder }: RehearsedRepository): string => {
    const [id = ''] = readdirSync(join(folder, '.maj', 'backups')).filter((name) => /^\d/.test(name));
    return join(folder, '.maj', 'backups', id);
  };

  test('what was rehearsed is open, and what was not is refused', async () => {
    const repository = copy();
    await expectOpen(repository);
    repository.commit(drop);
    expect((await repository.push('origin', 'HEAD:deploy')).stderr).toMatch(/003_drop \(added\)/);
  });

  describe('the records', () => {
    test.each<[string, (repository: RehearsedRepository) => void, RegExp]>([
      // what happened to them, and what is said
      [
        'the parts of the backup are gone',
        (it) => rmSync(join(backup(it), 'database'), { recursive: true }),
        /is not whole any more/,
      ],
      [
        'a part is shorter',
        (it) => {
          const parts = join(backup(it), 'database');
          const part = join(parts, readdirSync(parts)[0] ?? '');
          truncateSync(part, statSync(part).size - 1);
        },
        /is not whole any more/,
      ],
      ['restore.sh is gone', (it) => rmSync(join(backup(it), 'restore.sh')), /restore\.sh is gone/],
      ['the proof is gone', (it) => rmSync(join(backup(it), 'proof.json')), /no backup is proven/],
      ['the backup is gone', (it) => rmSync(backup(it), { recursive: true }), /there is no backup/],
      [
        'receipts are garbage',
        (it) => receipts(it).forEach((path) => writeFileSync(path, '{')),
        /nothing was rehearsed/,
      ],
      [
        'a receipt is edited',
        (it) =>
          receipts(it).forEach((path) =>
            writeFileSync(path, readFileSync(path, 'utf8').replace('"pending": [', '"pending": ["9",')),
          ),
        /nothing was rehearsed/,
      ],
      [
        'a receipt has lost its seal',
        (it) =>
          receipts(it).forEach((path) => {
            const { seal, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
            expect(seal).toMatch(/^[0-9a-f]{64}$/);
            writeFileSync(path, JSON.stringify(rest));
          }),
        /nothing was rehearsed/,
      ],
      [
        '.maj is a file',
        (it) => {
          rmSync(join(it.folder, '.maj'), { recursive: true });
          writeFileSync(join(it.folder, '.maj'), '');
        },
        /maj: /,
      ],
      [
        'they are of another database',
        (it) => setSettings(it.folder, it.settings.replace(/DB_NAME=.*/, 'DB_NAME=another')),
        /there is no backup/,
      ],
      [
        'they are of another server',
        (it) => setSettings(it.folder, it.settings.replace(/DB_SOCKET=.*/, 'DB_HOST=db.example')),
        /there is no backup/,
      ],
      [
        'nothing says of which database they have to be',
        (it) => setSettings(it.folder, it.settings.replace(/DB_NAME=.*/, '')),
        /DB_NAME is set neither/,
      ],
      ['they are old', (it) => setSettings(it.folder, `${it.settings}BACKUP_MAX_AGE=0s\n`), /are allowed/],
      [
        'scripts run in another mode',
        (it) => setSettings(it.folder, `${it.settings}DB_SQL_MODE=ANSI\n`),
        /DB_SQL_MODE/,
      ],
    ])('%s: refused', async (_title, change, said) => {
      const repository = copy();
      change(repository);
      await expectRefused(repository, said);
    });

    test('a refusal in JSON has the reasons by their names', async () => {
      const repository = copy();
      repository.commit(drop);
      const { stdout, code } = await maj(repository.folder, ['gate', '--json', '--commit', 'HEAD']);
      expect(code).toBe(3);
      expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
        code: 'gate-refused',
        facts: {
          reasons: [{ kind: 'scripts-differ', changes: [{ kind: 'added', version: '003', name: 'drop' }] }],
        },
      });
    });
  });

  describe('what is in the commit', () => {
    test.each<[string, (repository: RehearsedRepository) => void, RegExp]>([
      [
        'a script whose name is in capitals',
        (it) => it.commit({ 'migrations/003_DROP.SQL': 'DROP TABLE users;\n' }),
        /003_DROP \(added\)/,
      ],
      [
        'another text under git replace',
        (it) => {
          it.commit(drop);
          it.git('replace', 'HEAD', 'HEAD~1');
        },
        /003_drop \(added\)/,
      ],
      [
        'another script under git replace',
        (it) => {
          const path = 'migrations/002_name.sql';
          const before = it.git('rev-parse', `HEAD:${path}`).trim();
          it.commit({ [path]: 'DROP TABLE users;\n' });
          it.git('replace', it.git('rev-parse', `HEAD:${path}`).trim(), before);
        },
        /002_name \(changed\)/,
      ],
      [
        'a link to a script outside',
        (it) => {
          symlinkSync('/etc/hostname', join(it.folder, 'migrations', '003_x.sql'));
          it.commit();
        },
        /a link that leads out of the commit/,
      ],
      [
        'migrations of PHP beside them',
        (it) => it.commit({ 'migrations/003_drop.php': '<?php' }),
        /003_drop\.php/,
      ],
      [
        'a folder outside of the repository',
        (it) => setSettings(it.folder, `${it.settings}MIGRATIONS_DIR=../elsewhere\n`),
        /lies outside of the repository/,
      ],
      [
        'a filter that fails',
        (it) => {
          it.commit({ '.gitattributes': '*.sql filter=broken\n' });
          it.git('config', 'filter.broken.smudge', 'false');
          it.git('config', 'filter.broken.required', 'true');
        },
        /filters cannot make/,
      ],
    ])('%s: refused', async (_title, change, said) => {
      const repository = copy();
      change(repository);
      await expectRefused(repository, said);
    });

    test.each<[string, (repository: RehearsedRepository) => void]>([
      [
        'a script is a link to another file',
        (it) => {
          mkdirSync(join(it.folder, 'shared'));
          renameSync(join(it.folder, 'migrations/002_name.sql'), join(it.folder, 'shared/x'));
          symlinkSync('../shared/x', join(it.folder, 'migrations/002_name.sql'));
          it.commit();
        },
      ],
      [
        'the folder is a link',
        (it) => {
          renameSync(join(it.folder, 'migrations'), join(it.folder, 'db'));
          symlinkSync('db', join(it.folder, 'migrations'));
          it.commit();
        },
      ],
      [
        'the folder is named by an absolute path through a link',
        (it) => {
          const link = join(it.folder, '..', 'link');
          symlinkSync(it.folder, link);
          setSettings(it.folder, `${it.settings}MIGRATIONS_DIR=${link}/migrations\n`);
        },
      ],
      [
        'the folder is written otherwise',
        (it) => setSettings(it.folder, `${it.settings}MIGRATIONS_DIR=./x/..//migrations/\n`),
      ],
      [
        'the folder is the root',
        (it) => {
          for (const name of readdirSync(join(it.folder, 'migrations')))
            renameSync(join(it.folder, 'migrations', name), join(it.folder, name));
          setSettings(it.folder, `${it.settings}MIGRATIONS_DIR=.\n`);
          it.commit();
        },
      ],
      [
        'line ends are those of Windows',
        (it) =>
          it.commit(
            Object.fromEntries(
              Object.entries(twoMigrations).map(([name, text]) => [name, text.replaceAll('\n', '\r\n')]),
            ),
          ),
      ],
      [
        'git-lfs keeps them elsewhere',
        (it) => {
          // As git-lfs commits them: a pointer, whose oid is the sum of the file.
          const sum = (path: string): string =>
            createHash('sha256')
              .update(readFileSync(join(it.folder, path)))
              .digest('hex');
          const pointers = Object.entries(twoMigrations).map(([path, text]) => [
            path,
            `version https://git-lfs.github.com/spec/v1\noid sha256:${sum(path)}\nsize ${text.length}\n`,
          ]);
          it.commit({
            '.gitattributes': '*.sql filter=lfs diff=lfs merge=lfs -text\n',
            ...(Object.fromEntries(pointers) as Record<string, string>),
          });
        },
      ],
      [
        'a filter makes them',
        (it) => {
          const turned = Object.entries(twoMigrations).map(([path, text]) => [
            path,
            text.replaceAll('users', 'USERS'),
          ]);
          it.commit({
            '.gitattributes': '*.sql filter=names\n',
            ...(Object.fromEntries(turned) as Record<string, string>),
          });
          it.git('config', 'filter.names.smudge', 'sed s/USERS/users/g');
        },
      ],
    ])('%s: open', async (_title, change) => {
      const repository = copy();
      change(repository);
      await expectOpen(repository);
    });

    test('in a submodule is read there, and refused where that is not here', async () => {
      const repository = copy();
      moveIntoSubmodule(repository);
      setSettings(repository.folder, `${repository.settings}MIGRATIONS_DIR=vendor/migrations\n`);
      rmSync(join(repository.folder, 'vendor', '.git'));
      await expectRefused(repository, /lie in the submodule vendor/);
      repository.git(
        '-c',
        'protocol.file.allow=always',
        'submodule',
        '--quiet',
        'update',
        '--init',
        '--force',
      );
      await expectOpen(repository);
    });

    test('thousands of scripts are named in a few words', async () => {
      const repository = copy();
      const many = Array.from({ length: 2000 }, (_, index) => [
        `migrations/${100 + index}_n.sql`,
        `SELECT ${index};\n`,
      ]);
      repository.commit(Object.fromEntries(many) as Record<string, string>);
      const { code, stderr } = await repository.push('origin', 'HEAD:deploy');
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/100_n \(added\).*more.*2099_n \(added\)/);
      expect(stderr.length).toBeLessThan(2000);
    });
  });

  describe('the live database', () => {
    const run = async (repository: RehearsedRepository, sql: string): Promise<void> => {
      const session = await running().adminSession();
      await session.run(`USE ${/DB_NAME=(.*)/.exec(repository.settings)?.[1] ?? ''}`);
      await session.run(sql);
    };

    test('that has changed since closes the gate', async () => {
      const repository = copy();
      await run(repository, 'CREATE TABLE by_hand (id INT PRIMARY KEY)');
      try {
        await expectRefused(repository, /another structure than the rehearsal met/);
      } finally {
        await run(repository, 'DROP TABLE by_hand');
      }
      await expectOpen(repository);
    });

    test('that does not answer is not waited for, and refused where it has to answer', async () => {
      const silent = createServer(() => undefined).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      try {
        const repository = copy();
        const { port } = silent.address() as AddressInfo;
        const elsewhere = repository.settings.replace(/DB_SOCKET=.*/, `DB_HOST=127.0.0.1\nDB_PORT=${port}`);
        setSettings(repository.folder, `${elsewhere}GATE_REQUIRE_LIVE=yes\n`);
        await expectRefused(repository, /GATE_REQUIRE_LIVE\), and does not answer/);
        setSettings(repository.folder, elsewhere);
        const { code, stderr } = await repository.push('origin', 'HEAD:deploy');
        expect(code, stderr).toBe(0);
        expect(stderr).toMatch(/was not compared/);
      } finally {
        silent.close();
      }
    });

    // The last one: it changes the database that all of these share.
    test('is open where it has the migrations already', async () => {
      const repository = copy();
      const { code, stderr } = await maj(repository.folder, ['migrate', '--yes']);
      expect(code, stderr).toBe(0);
      await expectOpen(repository);
    });
  });

  describe('around the gate', () => {
    const entries = ({ folder }: RehearsedRepository): Record<string, unknown>[] =>
      readFileSync(join(folder, '.maj', 'gate.ndjson'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);

    test('whoever says why is let through, and it is kept', async () => {
      const repository = copy();
      repository.commit(drop);
      const why = { MAJ_GATE_BYPASS: 'the shop is down' };
      const { code, stderr } = await repository.pushWith(why, 'origin', 'HEAD:deploy');
      expect(code, stderr).toBe(0);
      expect(stderr).toMatch(
        /bypassed for deploy by A Developer <developer@example\.org> \(.+@.+\): the shop is down/,
      );
      expect(entries(repository)).toMatchObject([
        {
          what: 'bypassed',
          reason: 'the shop is down',
          remote: 'origin',
          branch: 'deploy',
          commit: repository.git('rev-parse', 'HEAD').trim(),
          by: expect.stringMatching(/^A Developer/) as unknown,
          refused: expect.stringMatching(unrehearsed) as unknown,
        },
      ]);
    });

    test('also for deleting the branch', async () => {
      const repository = copy();
      await expectOpen(repository);
      const why = { MAJ_GATE_BYPASS: 'it moves to release' };
      expect((await repository.pushWith(why, 'origin', ':deploy')).code).toBe(0);
      expect(entries(repository)).toMatchObject([{ what: 'allowed' }, { what: 'bypassed', commit: null }]);
    });

    test.each(['1', 'yes', ' '])('a reason such as %j is none', async (reason) => {
      const repository = copy();
      repository.commit(drop);
      const { code, stderr } = await repository.pushWith(
        { MAJ_GATE_BYPASS: reason },
        'origin',
        'HEAD:deploy',
      );
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/has to say why/);
    });

    test('it is nothing for .env, where it would last', async () => {
      const repository = copy();
      repository.commit(drop);
      setSettings(repository.folder, `${repository.settings}MAJ_GATE_BYPASS=always\n`);
      await expectRefused(repository, /MAJ_GATE_BYPASS is not a setting/);
    });

    test('where it cannot be kept, it does not count', async () => {
      const repository = copy();
      repository.commit(drop);
      mkdirSync(join(repository.folder, '.maj', 'gate.ndjson'));
      const why = { MAJ_GATE_BYPASS: 'the shop is down' };
      expect((await repository.pushWith(why, 'origin', 'HEAD:deploy')).code).not.toBe(0);
    });

    test('--no-verify is noticed at the next push, until one was let through', async () => {
      const repository = copy();
      await expectOpen(repository);
      repository.commit(drop);
      expect((await repository.push('--no-verify', 'origin', 'HEAD:deploy')).code).toBe(0);
      repository.git('rm', '-q', 'migrations/003_drop.sql');
      repository.commit();
      const next = await repository.push('origin', 'HEAD:deploy');
      expect(next.code, next.stderr).toBe(0);
      expect(next.stderr).toMatch(/--no-verify.*003_drop \(added\)/);
      repository.commit();
      expect((await repository.push('origin', 'HEAD:deploy')).stderr).not.toMatch(/--no-verify/);
    });

    test('what another clone pushed, and was rehearsed here, is not worth a word', async () => {
      const repository = copy();
      repository.git('push', '--quiet', '--no-verify', 'origin', 'HEAD:deploy');
      repository.commit();
      const { code, stderr } = await repository.push('origin', 'HEAD:deploy');
      expect(code, stderr).toBe(0);
      expect(stderr).not.toMatch(/--no-verify/);
    });
  });

  test('a folder of migrations that maj does not run cannot be rehearsed', async () => {
    const repository = copy();
    repository.commit({ 'database/migrations/2024_01_01_a.php': '<?php' });
    setSettings(repository.folder, `${repository.settings}MIGRATIONS_DIR=database/migrations\n`);
    const { code, stderr } = await maj(repository.folder, ['rehearse']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/maj does not run, and so cannot rehearse: 2024_01_01_a\.php/);
    await expectRefused(repository, /2024_01_01_a\.php/);
  });
});
