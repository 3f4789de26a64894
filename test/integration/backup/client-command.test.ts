import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findBackup } from '../../../scripts/backup/find.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { findDumpClient, findLocalDumpClient } from '../../../scripts/dump/client/clients.ts';
import { proveBackup } from '../../../scripts/restore/prove.ts';
import { withThrowaway } from '../../../scripts/server/throwaway.ts';
import { quoteName } from '../../../scripts/sql/quote.ts';
import { startMaj } from '../../helpers/cli.ts';
import { makeContainer, type Container } from '../../helpers/container.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { processesBelow } from '../../helpers/processes.ts';
import { clientFolder, servers, useServer } from '../../helpers/servers.ts';
import { createEverything, createRows, runAll } from './everything.ts';

/** A command that does what its lines say, whatever it is given. */
function commandOf(...lines: readonly string[]): string[] {
  const path = join(temporaryFolder('command'), 'command');
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
  return [path];
}

describe.each(servers)('with the clients in a container, on $name', (server) => {
  const running = useServer(server);
  const container = (): Container => makeContainer(running().socket, clientFolder(server) ?? '/usr/bin');
  const settings = ({ command, socket }: Container) => ({
    CLIENT_COMMAND: [command],
    CLIENT_HOST: { socket },
    CLIENT_BIN_DIR: undefined,
  });

  test('a backup is taken through the command, and proven with the clients of this machine', async () => {
    const database = await createEverything(running(), server.flavour, `odd $HOME #${server.flavour}`);
    const context = running().context({ DB_NAME: database, ...settings(container()) });
    const backup = await takeBackup(context);
    const local = { ...context, config: running().context({ DB_NAME: database }).config };
    const proof = await withThrowaway(local, server.programs, (throwaway) =>
      proveBackup(local, backup, throwaway),
    );
    expect(proof.equalParts).toBe(backup.manifest.parts.length);
    // What came by the command is what the program writes here.
    expect((await takeBackup(local)).manifest.dumpSha256).toBe(backup.manifest.dumpSha256);
  });

  test('the password goes in over standard input: no argument, environment or file holds it', async () => {
    const database = await running().createDatabase();
    await createRows(running(), database, 'many', 40);
    const password = `Xq#9 "so\\secret'1\tEND OF OPTIONS $HOME`;
    const quoted = password.replaceAll('\\', '\\\\').replaceAll("'", "''");
    await runAll(running(), database, [
      `CREATE USER 'keeper'@'%' IDENTIFIED BY '${quoted}'`,
      `GRANT ALL ON ${quoteName(database)}.* TO 'keeper'@'%'`,
    ]);
    const { command, socket } = container();
    const project = temporaryFolder('project');
    writeFileSync(join(project, '.env'), `DB_PASSWORD=\`${password}\`\n`, { mode: 0o600 });
    const { child, ended } = startMaj(project, ['backup'], {
      env: {
        DB_SOCKET: running().socket,
        DB_NAME: database,
        DB_USER: 'keeper',
        CLIENT_COMMAND: `"${command}"`,
        CLIENT_HOST: socket,
      },
    });
    const seen: string[] = [];
    let over = false;
    void ended.finally(() => (over = true));
    while (!over) {
      for (const found of processesBelow(child.pid ?? -1)) seen.push(found.arguments + found.environment);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await ended).toMatchObject({ code: 0 });
    expect(seen.some((words) => /^\S*dump --defaults-file=\/dev\/stdin /.test(words))).toBe(true);
    expect(seen.filter((words) => words.includes('secret'))).toEqual([]);
    const context = running().context({ BACKUP_DIR: join(project, '.maj', 'backups') });
    expect((await findBackup(context, undefined)).manifest.parts.length).toBeGreaterThan(2);
  });

  test('a server that is not where the settings say, seen from inside, is named as it was looked for', async () => {
    const database = await running().createDatabase();
    const inside = container();
    const context = running().context({ DB_NAME: database, ...settings(inside), CLIENT_HOST: undefined });
    await expect(takeBackup(context)).rejects.toMatchObject({
      code: 'database-unreachable',
      exitCode: 2,
      message: expect.stringContaining(running().socket) as string,
    });
    const elsewhere = running().context({
      DB_NAME: database,
      ...settings(inside),
      CLIENT_HOST: { host: '127.0.0.1', port: 1 },
    });
    await expect(takeBackup(elsewhere)).rejects.toMatchObject({
      code: 'database-unreachable',
      message: expect.stringContaining('127.0.0.1:1') as string,
    });
  });

  test.each([
    ['does not pass standard input on', ['exec "$@" </dev/null'], ''],
    ['is not allowed', ['echo no such container >&2; exit 1'], 'no such container'],
    ['greets whoever enters', ['echo Welcome', 'exec "$@"'], 'Welcome'],
    ['has no clients', ['exec env -i PATH=/nowhere /bin/sh'], 'not found'],
  ])('a command that %s is one clear error', async (_, lines, words) => {
    const context = running().context({ CLIENT_COMMAND: commandOf(...lines) });
    await expect(findDumpClient(context, server.flavour)).rejects.toMatchObject({
      code: 'client-command-failed',
      exitCode: 2,
      message: expect.stringContaining(words) as string,
    });
  });

  test('a command that is not there is one clear error', async () => {
    const context = running().context({ CLIENT_COMMAND: ['/nowhere/enter', '-i'] });
    await expect(findDumpClient(context, server.flavour)).rejects.toMatchObject({
      code: 'client-command-failed',
      message: expect.stringContaining('ENOENT') as string,
    });
  });

  test('clients of the other flavour inside are told from ours by what they say of themselves', async () => {
    const bin = temporaryFolder('bin');
    const other =
      server.flavour === 'mysql'
        ? 'mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB'
        : 'mysqldump  Ver 9.7.4 (MySQL)';
    for (const name of ['mysqldump', 'mariadb-dump']) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho '${other}'\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const context = running().context({ CLIENT_COMMAND: ['env', `PATH=${bin}:/usr/bin:/bin`] });
    await expect(findDumpClient(context, server.flavour)).rejects.toMatchObject({
      code: 'client-command-failed',
      message: expect.stringMatching(/Found instead: .*dump \((MariaDB 10\.11\.6|MySQL 9\.7\.4)\)/) as string,
    });
  });

  test('without any client on this machine the proof says what is missing', async () => {
    const alone = join(temporaryFolder('alone'), 'bin');
    mkdirSync(alone);
    symlinkSync(server.programs.server, join(alone, 'server'));
    const context = { ...running().context(settings(container())), env: { PATH: '' } };
    await expect(
      findLocalDumpClient(context, { flavour: server.flavour, server: join(alone, 'server') }),
    ).rejects.toMatchObject({
      code: 'clients-missing',
      exitCode: 2,
      message: expect.stringContaining('CLIENT_COMMAND does not reach it') as string,
    });
    const beside = await findLocalDumpClient({ ...context, env: { PATH: '/usr/bin:/bin' } }, server.programs);
    expect(readFileSync(beside.dump).length).toBeGreaterThan(0);
    expect(dirname(beside.dump)).toBe(dirname(server.programs.server).replace('sbin', 'bin'));
  });
});
