import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { withSession } from '../../../scripts/database/session/session.ts';
import { isolationOf, transientUsers } from '../../../scripts/server/isolation.ts';
import { findServerPrograms } from '../../../scripts/server/programs.ts';
import {
  makeCopyDatabase,
  startThrowaway,
  withThrowaway,
  type Throwaway,
} from '../../../scripts/server/throwaway.ts';
import { isAlive } from '../../../scripts/system/process/identity.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { servers, type TestServer } from '../../helpers/servers.ts';

/** What a child process that has started a throwaway server says of it. */
interface Started {
  readonly folder: string;
  readonly serverPid: number;
}

const child = `
  import { findServerPrograms } from './scripts/server/programs.ts';
  import { startThrowaway } from './scripts/server/throwaway.ts';
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
  const socket = line.toString('utf8').trim();
  const serverPid = pidOf({ socket });
  const folder = folderOf({ socket });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    parent.kill(signal);
    await once(parent, 'exit');
  };
  return { started: { folder, serverPid }, end };
}

const pidOf = ({ socket }: Pick<Throwaway, 'socket'>): number =>
  Number(readFileSync(join(dirname(socket), 'pid'), 'utf8'));

const folderOf = ({ socket }: Pick<Throwaway, 'socket'>): string => dirname(dirname(socket));

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** Whom a process acts as, with all the numbers that the kernel keeps of that: none is another. */
const userOf = (pid: number): number => {
  const [, ...numbers] =
    /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  expect(new Set(numbers).size).toBe(1);
  return Number(numbers[0]);
};

/** Whether a user can list what is in a folder. */
const canList = (uid: number, folder: string): boolean => {
  const words = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'ls', folder];
  return spawnSync('setpriv', words, { stdio: 'ignore' }).status === 0;
};

describe.each(servers)('a throwaway server ($name)', (server) => {
  it('can be reached by its owner alone, and has no network', async () => {
    await withThrowaway(testContext(), server.programs, async (throwaway) => {
      // Of root's the way is open to the one group that the server alone is in.
      expect(statSync(folderOf(throwaway)).mode & 0o777).toBe(isRoot ? 0o710 : 0o700);
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

  it('runs as a user that nothing else is where we are root, else as us', async () => {
    const context = testContext();
    const start = (): Promise<Throwaway> => startThrowaway(context, server.programs);
    const [one, other] = await Promise.all([start(), start()]);
    const users = [one, other].map((throwaway) => userOf(pidOf(throwaway)));
    for (const uid of users) {
      if (!isRoot) expect(uid).toBe(process.getuid?.());
      else expect([uid >= transientUsers.first, uid <= transientUsers.last]).toEqual([true, true]);
    }
    if (isRoot) {
      expect(new Set(users).size).toBe(2);
      const data = folderOf(one) + '/data';
      expect([...users, nobody].map((uid) => canList(uid, data))).toEqual([true, false, false]);
      // What another user can make of its files, nobody obeys.
      expect(canList(users[0] ?? 0, folderOf(one))).toBe(false);
      expect(statSync(folderOf(one)).uid).toBe(0);
    }
    await one.close();
    expect([isAlive(pidOf(other)), existsSync(folderOf(one))]).toEqual([true, false]);
    await other.close();
  });

  it('has no interface of a network where the system can make it one without', async () => {
    const context = testContext();
    await withThrowaway(context, server.programs, async (throwaway) => {
      const { apart } = await isolationOf(context, folderOf(throwaway), realpathSync(server.programs.server));
      const spaces = [pidOf(throwaway), 'self'].map((pid) => readlinkSync(`/proc/${pid}/ns/net`));
      expect(spaces[0] !== spaces[1]).toBe(apart.length > 0);
      if (apart.length === 0) return;
      const interfaces = readFileSync(`/proc/${pidOf(throwaway)}/net/dev`, 'utf8').match(/\w+(?=:)/g);
      expect(interfaces).toEqual(['lo']);
    });
  });

  it('starts where only root may pass, and opens the way to nobody else', async () => {
    const closed = temporaryFolder('closed');
    const temporary = join(closed, 'in it');
    await mkdir(temporary);
    const context = testContext();
    vi.stubEnv('TMPDIR', temporary);
    try {
      await withThrowaway(context, server.programs, async (throwaway) => {
        expect(throwaway.socket).toContain(temporary);
        expect(statSync(closed).mode & 0o777).toBe(0o700);
        if (isRoot) expect(canList(nobody, closed)).toBe(false);
        await withSession(context, throwaway.target('mysql'), (session) =>
          session.run('CREATE DATABASE made'),
        );
        expect(existsSync(join(folderOf(throwaway), 'data', 'made'))).toBe(true);
      });
    } finally {
      vi.unstubAllEnvs();
    }
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('is gone, with its folder, when it is closed', async () => {
    const throwaway = await startThrowaway(testContext(), server.programs);
    const folder = folderOf(throwaway);
    const pid = pidOf(throwaway);
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

  it('sets nothing up for a run that was interrupted before', async () => {
    const cache = temporaryFolder('cache');
    const env = { ...process.env, XDG_CACHE_HOME: cache };
    const context = testContext({ env, signal: AbortSignal.abort() });
    await expect(startThrowaway(context, server.programs)).rejects.toMatchObject({ code: 'interrupted' });
    const atWork = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout.split('\n');
    expect(atWork.filter((command) => command.includes(cache))).toEqual([]);
    expect(readdirSync(join(cache, 'maj-kit'))).toEqual([]);
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
    await chmod(folder, 0o755);
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
