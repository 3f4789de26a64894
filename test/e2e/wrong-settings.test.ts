import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withSession } from '../../scripts/database/session/session.ts';
import { maj } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { clientFolder, servers, useServer } from '../helpers/servers.ts';

/** A project folder with settings of its own; nothing of the environment's counts. */
async function project(settings: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder('settings');
  const text = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder, '.env'), text.join(''), { mode: 0o600 });
  return folder;
}

describe('a wrong call', () => {
  test.each([
    ['no verb', [], 2, /No verb was given/],
    ['an unknown verb', ['bakup'], 2, /did you mean “backup”/],
    ['an unknown option', ['backup', '--fast'], 2, /Unknown option '--fast'/],
    ['an argument too many', ['backup', 'now'], 2, /^maj: backup: it takes no arguments/m],
    [
      'a password as an option',
      ['status', '--db-password=hunter2'],
      2,
      /not an option: others on this machine could read it/,
    ],
    ['a project folder that is not there', ['status', '--project', '/nowhere/at/all'], 2, /is not there/],
    ['no database named', ['backup'], 2, /DB_NAME, DB_USER are not set/],
    ['no package named', ['upgrade'], 2, /one VERSION, FILE or COMMIT is needed/],
  ])('is answered with one clear error: %s', async (_title, words, code, message) => {
    const ran = await maj(await project({}), words);
    expect(ran.code, ran.stderr).toBe(code);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).toContain('Next: ');
    expect(ran.stderr).toContain('Nothing was changed');
    expect(ran.stderr).not.toContain('hunter2');
    expect(ran.stderr).not.toMatch(/^\s+at /m);
    expect(ran.stdout).toBe('');
  });

  test('reports everything that is wrong with the settings at once', async () => {
    const ran = await maj(await project({ DB_PORT: 'many', MAJ_LANGUAGE: 'x', APP_LAYOUT: 'sideways' }), [
      'status',
    ]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/MAJ_LANGUAGE is not a setting; did you mean MAJ_LANG\?/);
    expect(ran.stderr).toMatch(/DB_PORT must be a whole number from 1 to 65535/);
    expect(ran.stderr).toMatch(/APP_LAYOUT must be in-place\|releases/);
  });

  test('names what is one slip away from a setting, and goes on', async () => {
    const ran = await maj(await project({ DB_NAMES: 'x', APP_LOG: 'daily', CLIENT_ID: 'y' }), ['backup']);
    expect(ran.stderr).toMatch(/warning: \.env has DB_NAMES, which is not a setting; did you mean DB_NAME\?/);
    expect(ran.stderr).toContain('put APP_LOGS= beside it');
    expect(ran.stderr).not.toContain('CLIENT_ID');
    expect(ran.stderr).toMatch(/DB_NAME, DB_USER are not set/);
  });

  test('is an object with --json', async () => {
    const ran = await maj(await project({}), ['backup', '--json']);
    expect(JSON.parse(ran.stdout)).toMatchObject({ type: 'error', code: 'settings-missing', exitCode: 2 });
  });

  test('needs no settings to print help, though they are wrong', async () => {
    const folder = await project({ DB_PORT: 'many' });
    const general = await maj(folder, ['--help']);
    expect(general.code).toBe(0);
    expect(general.stdout).toContain('BACKUP_MAX_AGE');
    for (const verb of ['backup', 'upgrade', 'gate']) {
      const help = await maj(folder, [verb, '--help']);
      expect(help.code, help.stderr).toBe(0);
      expect(help.stdout).toContain(`maj ${verb}`);
    }
  });
});

describe.each(servers)('a wrong setting on $name', (server) => {
  const running = useServer(server);
  const good = async (): Promise<Record<string, string>> => {
    const database = await running().createDatabase();
    await withSession(running().context(), running().target(database), (session) =>
      session.run('CREATE TABLE t (id INT PRIMARY KEY)'),
    );
    const clients = clientFolder(server);
    return {
      DB_SOCKET: running().socket,
      DB_USER: 'root',
      DB_NAME: database,
      ...(clients === undefined ? {} : { CLIENT_BIN_DIR: clients }),
    };
  };

  /** Calls `maj backup`, expects the error, and that no backup is there, nor a part of one. */
  async function refusedBackup(
    settings: Record<string, string>,
    code: number,
    message: RegExp,
  ): Promise<void> {
    const folder = await project(settings);
    const ran = await maj(folder, ['backup']);
    expect(ran.code, ran.stderr).toBe(code);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).toContain('Next: ');
    expect(ran.stderr).not.toMatch(/^\s+at /m);
    const backups = join(folder, settings['BACKUP_DIR'] ?? '.maj/backups');
    expect(await readdir(backups).catch(() => [])).toEqual([]);
  }

  test('is told: the database is not there', async () => {
    await refusedBackup({ ...(await good()), DB_NAME: 'nowhere' }, 2, /nowhere/);
  });

  test('is told: the password is wrong, without showing it', async () => {
    const admin = await running().adminSession();
    const settings = await good();
    await admin.run("CREATE USER IF NOT EXISTS app@localhost IDENTIFIED BY 'right'");
    await admin.run(`GRANT ALL ON \`${settings['DB_NAME'] ?? ''}\`.* TO app@localhost`);
    const wrong = { ...settings, DB_USER: 'app', DB_PASSWORD: 'wr0ng-s3cret' };
    await refusedBackup(wrong, 2, /app/);
    const ran = await maj(await project(wrong), ['status']);
    expect(ran.code).toBe(2);
    expect(ran.stdout + ran.stderr).not.toContain('wr0ng-s3cret');
  });

  test('is told: no server is listening', async () => {
    await refusedBackup(
      { ...(await good()), DB_SOCKET: '/nowhere/mysqld.sock' },
      2,
      /\/nowhere\/mysqld\.sock/,
    );
  });

  test('is told: the client programs are missing', async () => {
    const empty = temporaryFolder('empty');
    await refusedBackup({ ...(await good()), CLIENT_BIN_DIR: empty }, 2, /mysqldump|mariadb-dump/);
  });

  test('is told: the server programs for the rehearsal are missing', async () => {
    const folder = await project({ ...(await good()), REHEARSAL_SERVER: temporaryFolder('empty') });
    await mkdir(join(folder, 'migrations'));
    const ran = await maj(folder, ['rehearse']);
    expect(ran.code, ran.stderr).toBe(2);
    expect(ran.stderr).toMatch(/apt-get install|CLIENT_BIN_DIR|REHEARSAL_SERVER/);
  });

  test('is told: the application’s folder is not there', async () => {
    await refusedBackup({ ...(await good()), APP_DIR: '/nowhere/application' }, 2, /\/nowhere\/application/);
  });

  test('is told: the folder of the backups cannot be made', async () => {
    const settings = await good();
    const folder = await project({ ...settings, BACKUP_DIR: 'file/backups' });
    await writeFile(join(folder, 'file'), 'not a folder');
    const ran = await maj(folder, ['backup']);
    expect(ran.code, ran.stderr).toBe(3);
    expect(ran.stderr).toMatch(/file\/backups/);
  });

  test('is told: the settings cannot be read by this user', async () => {
    const folder = await project(await good());
    // Root reads everything; a folder in the place of the file cannot be read by anybody.
    await chmod(join(folder, '.env'), 0o000);
    if (process.getuid?.() === 0) {
      const other = temporaryFolder('unreadable');
      await mkdir(join(other, '.env'));
      const ran = await maj(other, ['status']);
      expect(ran.code, ran.stderr).toBe(2);
      expect(ran.stderr).toMatch(/settings file .*cannot be read/);
    } else {
      const ran = await maj(folder, ['status']);
      expect(ran.code, ran.stderr).toBe(2);
      expect(ran.stderr).toMatch(/settings file .*cannot be read/);
    }
  });
});
