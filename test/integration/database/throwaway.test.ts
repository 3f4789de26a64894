import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { findServerPrograms } from '../../../scripts/database/programs.ts';
import { withSession } from '../../../scripts/database/session.ts';
import { makeCopyDatabase, startThrowaway, withThrowaway } from '../../../scripts/database/throwaway.ts';
import { isAlive } from '../../../scripts/system/identity.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { servers, type TestServer } from '../../helpers/servers.ts';

/** What a child process that has started a throwaway server says of it. */
interface Started {
  readonly folder: string;
  readonly serverPid: number;
}

const child = `
  import { findServerPrograms } from './scripts/database/programs.ts';
  import { startThrowaway } from './scripts/database/throwaway.ts';
  import { testContext } from './test/helpers/context.ts';
  // Killed, it cannot remove a project folder of its own.
  const context = testContext({ projectDir: process.env.PROJECT });
  const throwaway = await startThrowaway(context, await findServerPrograms(context, process.env.WHERE));
  console.log(throwaway.socket);
  setInterval(() => {}, 1000);
`;

/** Starts a process that starts a throwaway server and then waits. */
async function startParent(
  server: TestServer,
): Promise<{ readonly started: Started; readonly end: (signal: NodeJS.Signals) => Promise<void> }> {
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', child], {
    env: {
      ...process.env,
      WHERE: dirname(server.programs.server),
      PROJECT: temporaryFolder('parent'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const folder = dirname(line.toString('utf8').trim());
  const serverPid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    parent.kill(signal);
    await once(parent, 'exit');
  };
  return { started: { folder, serverPid }, end };
}

describe.each(servers)('a throwaway server ($name)', (server) => {
  it('can be reached by its owner alone, and has no network', async () => {
    await withThrowaway(testContext(), server.programs, async (throwaway) => {
      expect(statSync(dirname(throwaway.socket)).mode & 0o777).toBe(0o700);
      expect(Buffer.byteLength(throwaway.socket)).toBeLessThan(107);
      await withSession(testContext(), throwaway.target('mysql'), async (session) => {
        const [row] = await session.rows(
          'SELECT @@skip_networking AS offline, @@log_bin AS binlog, @@event_scheduler AS events, @@max_allowed_packet AS packet',
        );
        expect(Object.values(row ?? {}).map(String)).toEqual(['1', '0', 'OFF', '1073741824']);
      });
      expect(throwaway.server).toMatchObject({ flavour: server.flavour, version: server.programs.version });
    });
  });

  it('is gone, with its folder, when it is closed', async () => {
    const throwaway = await startThrowaway(testContext(), server.programs);
    const folder = dirname(throwaway.socket);
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    expect(isAlive(pid)).toBe(true);
    await throwaway.close();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'is gone, with its folder, when the process that started it ends by %s',
    async (signal) => {
      const { started, end } = await startParent(server);
      expect(isAlive(started.serverPid)).toBe(true);
      await end(signal);
      await expect.poll(() => isAlive(started.serverPid) || existsSync(started.folder)).toBe(false);
    },
  );

  it('can be started several times at once, from no template', async () => {
    const env = { ...process.env, XDG_CACHE_HOME: temporaryFolder('cache') };
    const context = testContext({ env });
    const started = await Promise.all([1, 2, 3].map(() => startThrowaway(context, server.programs)));
    expect(new Set(started.map(({ socket }) => socket)).size).toBe(3);
    await Promise.all(started.map((throwaway) => throwaway.close()));
    const cache = join(env.XDG_CACHE_HOME, 'maj-kit');
    expect(readdirSync(cache)).toHaveLength(1);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  it('makes a damaged template anew', async () => {
    const env = { ...process.env, XDG_CACHE_HOME: temporaryFolder('cache') };
    const context = testContext({ env });
    await withThrowaway(context, server.programs, () => Promise.resolve());
    const cache = join(env.XDG_CACHE_HOME, 'maj-kit');
    const [template = ''] = readdirSync(cache);
    writeFileSync(join(cache, template, 'ibdata1'), 'not a tablespace');
    await withThrowaway(context, server.programs, () => Promise.resolve());
  });

  it('takes a folder of its own where the cache cannot be written', async () => {
    const home = temporaryFolder('home');
    const cache = join(home, 'file');
    writeFileSync(cache, '');
    const env = { ...process.env, XDG_CACHE_HOME: cache };
    await withThrowaway(testContext({ env }), server.programs, () => Promise.resolve());
  });

  it('quotes the server’s last words when it does not start', async () => {
    const folder = temporaryFolder('bin');
    const path = join(folder, 'server');
    // Sets up like the real one, and does not start.
    writeFileSync(
      path,
      `#!/bin/sh\ncase "$*" in *--socket=*) echo "no such luck" >&2; exit 1;; *) exec ${server.programs.server} "$@";; esac\n`,
    );
    await chmod(path, 0o755);
    const temporary = join(folder, 'tmp');
    await mkdir(temporary);
    const context = testContext();
    vi.stubEnv('TMPDIR', temporary);
    await expect(startThrowaway(context, { ...server.programs, server: path })).rejects.toMatchObject({
      code: 'throwaway-failed',
      message: expect.stringContaining('no such luck') as string,
    });
    vi.unstubAllEnvs();
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('gives the copy’s account rights on the copy only, and locks the definers’', async () => {
    const context = testContext();
    await withThrowaway(context, server.programs, async (throwaway) => {
      const target = await makeCopyDatabase(context, throwaway, {
        database: 'my_app',
        charset: 'latin1',
        collation: 'latin1_german1_ci',
        definers: [
          { user: 'app', host: '%' },
          { user: "o'brien", host: '10.0.0.%' },
        ],
        login: { user: 'app', host: '%' },
      });
      await withSession(context, throwaway.target('mysql'), async (root) => {
        await root.run('CREATE DATABASE myXapp');
        await root.run('CREATE TABLE myXapp.secret (id INT)');
        const [schema] = await root.rows(
          "SELECT DEFAULT_COLLATION_NAME AS it FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'my_app'",
        );
        expect(schema).toEqual({ it: 'latin1_german1_ci' });
      });
      await withSession(context, target, async (session) => {
        const [row] = await session.rows('SELECT CURRENT_USER() AS it');
        expect(row).toEqual({ it: 'app@%' });
        await session.run('CREATE TABLE t (id INT)');
        await expect(session.run('SELECT * FROM myXapp.secret')).rejects.toMatchObject({ errno: 1142 });
      });
      const locked = { ...throwaway.target('my_app'), user: "o'brien" };
      await expect(withSession(context, locked, () => Promise.resolve())).rejects.toMatchObject({
        code: 'database-access-denied',
      });
    });
  });
});

describe('the programs of a server', () => {
  it('are asked for by name, with the way to install them, when they are not there', async () => {
    const folder = join(temporaryFolder('empty'), 'bin');
    await mkdir(folder);
    await expect(findServerPrograms(testContext(), folder, 'mysql')).rejects.toMatchObject({
      code: 'server-programs-missing',
      exitCode: 2,
    });
  });
});
