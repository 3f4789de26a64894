import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startMaj, type CliRun } from '../../helpers/cli.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { clientFolder, servers, useServer } from '../../helpers/servers.ts';
import { look } from './helpers.ts';

/** A script that waits in its middle: for a lock, or at the pace of a table. On the copy of the rehearsal it need not. */
const scriptWith = (middle: string): string =>
  [
    'CREATE TABLE a (id INT PRIMARY KEY) ENGINE=InnoDB;',
    'INSERT INTO a VALUES (1);',
    `INSERT INTO a SELECT ${middle};`,
    'INSERT INTO a VALUES (3);',
  ].join('\n');

describe.each(servers)('on $name, two `maj migrate` at once', (server) => {
  const running = useServer(server);
  const project = async (middle: string) => {
    const database = await running().createDatabase();
    const folder = temporaryFolder('project');
    await mkdir(join(folder, 'migrations'));
    await writeFile(join(folder, 'migrations', '001_a.sql'), scriptWith(middle));
    const target = running().target(database);
    const clients = clientFolder(server);
    const settings = [
      `DB_SOCKET=${running().socket}`,
      `DB_NAME=${database}`,
      'DB_USER=root',
      `REHEARSAL_SERVER=${server.binDir ?? 'auto'}`,
      ...(clients === undefined ? [] : [`CLIENT_BIN_DIR=${clients}`]),
    ];
    await writeFile(join(folder, '.env'), `${settings.join('\n')}\n`, { mode: 0o600 });
    const eyes = await look(running().context(), target);
    await eyes.session.run('CREATE TABLE pace (id INT PRIMARY KEY) ENGINE=InnoDB');
    const maj = async (...words: readonly string[]): Promise<CliRun> => startMaj(folder, words).ended;
    for (const words of [
      ['migrate', 'baseline', '0', '--yes'],
      ['backup', '--database-only'],
      ['migrate', '--dry-run'],
    ]) {
      const { code, stderr } = await maj(...words);
      expect(code, stderr).toBe(0);
    }
    await eyes.session.run('INSERT INTO pace VALUES (1), (2), (3)');
    return { folder, eyes, maj, admin: await running().adminSession() };
  };

  test('one works, and the other leaves with exit code 5', async () => {
    const { folder, eyes, maj, admin } = await project("1 + GET_LOCK('the_first_is_here', 100)");
    const held = await holdLock(admin, 'the_first_is_here');
    const first = startMaj(folder, ['migrate', '--yes']);
    await connectionRunning(admin, 'the_first_is_here');
    const second = await maj('migrate', '--yes');
    expect(second.code, second.stderr).toBe(5);
    expect(second.stderr).toMatch(
      new RegExp(`maj migrate is at work since .* \\(process ${first.child.pid} on `),
    );
    expect(second.stderr).toContain('Next: Wait for it to end, then call again.');
    await held.release();
    const { code, stderr } = await first.ended;
    expect(code, stderr).toBe(0);
    expect(await eyes.rows('SELECT id FROM a ORDER BY id')).toBe('1 2 3');
  });

  test('and the first is killed: the second goes on in its place, and nothing ran twice', async () => {
    const { folder, eyes, maj, admin } = await project('2 + SLEEP(COUNT(*)) AS the_first_is_here FROM pace');
    const first = startMaj(folder, ['migrate', '--yes']);
    await connectionRunning(admin, 'the_first_is_here');
    first.child.kill('SIGKILL');
    await first.ended;
    // Until the server has noticed, the lock is the dead client's.
    let second = await maj('migrate', 'resume', '--yes');
    for (let attempt = 0; second.code === 5 && attempt < 50; attempt += 1)
      second = await maj('migrate', 'resume', '--yes');
    expect(second.code, second.stderr).toBe(0);
    expect(await eyes.rows('SELECT id FROM a ORDER BY id')).toBe('1 2 3');
    expect(await eyes.rows('SELECT state, statements_done FROM schema_versions')).toBe('applied,4');
  });
});
import { connectionRunning, holdLock } from '../../helpers/held-statement.ts';
