import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { takeBackup } from '../../scripts/backup/take.ts';
import { verifyBackup } from '../../scripts/backup/verify.ts';
import { withSession } from '../../scripts/database/session/session.ts';
import { startThrowaway, type Throwaway } from '../../scripts/server/throwaway.ts';
import { temporaryFolder, testContext, type TestContext } from '../helpers/context.ts';
import { holdDump, type HeldDump } from '../helpers/held-dump.ts';
import { waitForProcess } from '../helpers/processes.ts';
import { clientFolder, servers, type TestServer } from '../helpers/servers.ts';

const rows = 4096;

/** A server that a test may kill, with a table of 8 MB. */
async function startServer(server: TestServer): Promise<Throwaway> {
  const throwaway = await startThrowaway(testContext(), server.programs);
  await withSession(testContext(), throwaway.target('mysql'), async (session) => {
    await session.run('CREATE DATABASE victim');
    await session.run('CREATE TABLE victim.many (id INT AUTO_INCREMENT PRIMARY KEY, payload TEXT)');
    await session.run("INSERT INTO victim.many (payload) VALUES (REPEAT('x', 2000))");
    for (let count = 1; count < rows; count *= 2)
      await session.run('INSERT INTO victim.many (payload) SELECT payload FROM victim.many');
  });
  return throwaway;
}

describe.each(servers)('a dump that is cut off in the middle of a table, on $name', (server) => {
  const open: Throwaway[] = [];
  afterAll(async () => {
    for (const throwaway of open) await throwaway.close();
  });
  const started = async (): Promise<Throwaway> => {
    const throwaway = await startServer(server);
    open.push(throwaway);
    return throwaway;
  };
  const contextFor = (throwaway: Throwaway, folder: string, dump?: HeldDump): TestContext =>
    testContext({
      config: {
        DB_SOCKET: throwaway.socket,
        DB_USER: 'root',
        DB_NAME: 'victim',
        DB_SSL_MODE: 'disabled',
        BACKUP_DIR: folder,
        CLIENT_BIN_DIR: clientFolder(server),
        ...(dump === undefined
          ? {}
          : {
              CLIENT_COMMAND: [
                'env',
                `PATH=${clientFolder(server) ?? '/usr/bin'}:/usr/bin:/bin`,
                ...dump.command,
              ],
            }),
      },
    });

  /** The process ids of the server that this test has started. */
  const killServer = (throwaway: Throwaway): Promise<void> => {
    const pid = Number(readFileSync(join(dirname(throwaway.socket), 'pid'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    return Promise.resolve();
  };
  const killClient = async (): Promise<void> => {
    const { pid } = await waitForProcess(process.pid, /dump --defaults-file=\/dev\/stdin/);
    process.kill(pid, 'SIGKILL');
  };

  test.each([
    ['the server', killServer],
    ['the dump program', killClient],
  ])('since %s was killed makes no backup, and the next one is whole', async (_, kill) => {
    const throwaway = await started();
    const folder = temporaryFolder('backups');
    const dump = holdDump(2_000_000);
    const taking = takeBackup(contextFor(throwaway, folder, dump));
    taking.catch(() => undefined);
    await dump.reached();
    await kill(throwaway);
    dump.release();
    await expect(taking).rejects.toMatchObject({ code: 'dump-failed', exitCode: 3 });
    expect(readdirSync(folder)).toEqual(['.gitignore']);

    const next = contextFor(kill === killServer ? await started() : throwaway, folder);
    const backup = await takeBackup(next);
    await verifyBackup(next, backup);
    expect(backup.manifest.dumpBytes).toBeGreaterThan(rows * 2000);
  });
});
