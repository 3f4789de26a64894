import { execFileSync } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../scripts/config/types.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { startDump } from '../../../scripts/dump/client/dump.ts';
import { asOurselves } from '../../../scripts/server/isolation.ts';
import { placesIn, serverOptions } from '../../../scripts/server/server-options.ts';
import { serverTemplate } from '../../../scripts/server/server-template.ts';
import { supervise, type Supervised } from '../../../scripts/server/supervisor.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { clientFolder, servers, type TestServer } from '../../helpers/servers.ts';
import { findClients } from '../../helpers/vendor-clients.ts';

interface NetworkServer {
  readonly target: Target;
  readonly authority: string;
  readonly supervised: Supervised;
}

/** It leads to this machine, and nothing in it says so: a name of the network's, for `auto`. */
const elsewhere = '127.1';

/** A certificate authority, and a certificate of its for localhost, for a name that says nothing of this machine, and for an address. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]): unknown =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test');
  const names = [
    '-subj',
    '/CN=localhost',
    '-addext',
    `subjectAltName=DNS:localhost,DNS:${elsewhere},IP:127.0.0.2`,
  ];
  openssl('req', ...key, '-keyout', 'key.pem', '-out', 'request.pem', ...names);
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy'];
  openssl('x509', '-req', '-in', 'request.pem', '-out', 'cert.pem', '-days', '2', ...signed);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/**
 * Starts a server on the network of this machine, which a throwaway server never is on. A port that is free may be
 * somebody else's by the time that the server takes it: then it ends, and another one is tried.
 */
async function startOnNetwork(server: TestServer, encrypted: boolean): Promise<NetworkServer> {
  for (let tries = 0; tries < 5; tries += 1) {
    const started = await startOnPort(server, encrypted);
    if (started !== undefined) return started;
  }
  throw new Error('The server did not start.');
}

async function startOnPort(server: TestServer, encrypted: boolean): Promise<NetworkServer | undefined> {
  const context = testContext();
  const folder = temporaryFolder('tls');
  const port = await freePort();
  const options = serverOptions(server.programs, folder, {}).filter(
    (option) => option !== '--skip-networking',
  );
  makeCertificates(folder);
  const noTls = server.flavour === 'mysql' ? ['--tls-version='] : ['--skip-ssl'];
  const tls = ['ca.pem', 'cert.pem', 'key.pem'].map(
    (name) => `--ssl-${name.slice(0, -4)}=${join(folder, name)}`,
  );
  const network = ['--bind-address=127.0.0.1,127.0.0.2', `--port=${port}`, ...(encrypted ? tls : noTls)];
  const template = await serverTemplate(context, server.programs, {});
  const command = [server.programs.server, ...options, ...network] as const;
  const supervised = supervise(context, folder, template, command, asOurselves);
  const { socket } = placesIn(folder);
  const root: Target = { ...networkTarget(port), socket, user: 'root', password: undefined };
  while (!supervised.hasEnded()) {
    try {
      await withSession(context, root, async (session) => {
        await session.run('CREATE DATABASE app');
        await session.run("CREATE USER app@localhost IDENTIFIED BY 'word'");
        await session.run('GRANT ALL ON app.* TO app@localhost');
        // Another, whose password the server has not seen yet: MySQL asks for more then.
        await session.run("CREATE USER late@localhost IDENTIFIED BY 'word'");
        await session.run('GRANT ALL ON app.* TO late@localhost');
      });
      return { target: networkTarget(port), authority: join(folder, 'ca.pem'), supervised };
    } catch (error) {
      if ((error as { code: unknown }).code !== 'database-unreachable') throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await supervised.close();
  return undefined;
}

const networkTarget = (port: number): Target => ({
  host: 'localhost',
  port,
  socket: undefined,
  user: 'app',
  password: new Secret('word'),
  database: 'mysql',
  sslMode: 'auto',
  sslCa: undefined,
});

describe.each(servers)('over the network, $name', (server) => {
  describe.each([true, false])('with encryption on the server: %s', (encrypted) => {
    let running: NetworkServer | undefined;
    beforeAll(async () => {
      running = await startOnNetwork(server, encrypted);
    });
    afterAll(() => running?.supervised.close());

    /** What a session and a dump come to: `encrypted`, `plain`, or the code of the error. */
    async function outcome(
      sslMode: Target['sslMode'],
      withAuthority: boolean,
      other: Partial<Target> = {},
    ): Promise<readonly unknown[]> {
      if (running === undefined) throw new Error('not started');
      const sslCa = withAuthority ? running.authority : undefined;
      const target: Target = { ...running.target, database: 'app', sslMode, sslCa, ...other };
      const context = testContext({ config: { CLIENT_BIN_DIR: clientFolder(server) } });
      const codeOf = (error: unknown): unknown => (error as { code: unknown }).code;
      const session = await withSession(context, target, async (opened) => {
        const [row] = await opened.rows("SHOW STATUS LIKE 'Ssl_cipher'");
        return row?.['Value'] === '' ? 'plain' : 'encrypted';
      }).catch(codeOf);
      const dumped = async (): Promise<string> => {
        const dump = await startDump(context, await findClients(context, server.flavour), target);
        dump.stdout.resume();
        await dump.finished;
        return 'dumped';
      };
      return [session, await dumped().catch(codeOf)];
    }

    it('is encrypted as DB_SSL_MODE asks for, or refused', async () => {
      expect(await outcome('disabled', false)).toEqual(['plain', 'dumped']);
      expect(await outcome('preferred', false)).toEqual([encrypted ? 'encrypted' : 'plain', 'dumped']);
      const [required] = await outcome('required', false);
      expect(required).toBe(encrypted ? 'encrypted' : 'database-tls');
      const unproven = encrypted ? 'database-unproven' : 'database-tls';
      expect((await outcome('verify', false))[0]).toBe(unproven);
      if (encrypted) {
        expect((await outcome('verify', false))[1]).toBe('database-unproven');
        expect(await outcome('verify', true)).toEqual(['encrypted', 'dumped']);
      }
    });

    it('is verified where DB_HOST is not this machine by its name, unless told otherwise', async () => {
      expect(await outcome('auto', false)).toEqual([encrypted ? 'encrypted' : 'plain', 'dumped']);
      const [session, dump] = await outcome('auto', false, { host: elsewhere });
      expect(session).toBe(encrypted ? 'database-unproven' : 'database-tls');
      expect(['database-unproven', ...(encrypted ? [] : ['database-tls'])]).toContain(dump);
      if (encrypted)
        expect(await outcome('auto', true, { host: elsewhere })).toEqual(['encrypted', 'dumped']);
      expect(await outcome('preferred', false, { host: elsewhere })).toEqual([
        encrypted ? 'encrypted' : 'plain',
        'dumped',
      ]);
    });

    it('an address is proven by a certificate for that address, or by DB_SSL_CA alone where that is asked', async () => {
      if (!encrypted) {
        expect((await outcome('verify-ca', true, { host: '127.0.0.1' }))[0]).toBe('database-tls');
        return;
      }
      expect(await outcome('verify', true, { host: '127.0.0.2' })).toEqual(['encrypted', 'dumped']);
      expect(await outcome('verify', true, { host: '127.0.0.1' })).toEqual([
        'database-unproven',
        'database-unproven',
      ]);
      const [session, dump] = await outcome('verify-ca', true, { host: '127.0.0.1' });
      expect(session).toBe('encrypted');
      // MariaDB's clients know no proof without the name.
      expect(dump).toBe(server.flavour === 'mysql' ? 'dumped' : 'database-unproven');
      expect((await outcome('verify-ca', false, { host: '127.0.0.1' }))[0]).toBe('settings-missing');
    });

    it('the password is not sent under a key that the server names, unless nothing was to be encrypted', async () => {
      const late = { user: 'late', host: '127.0.0.1' };
      const asksForKey = server.flavour === 'mysql' && !encrypted;
      const [session] = await outcome('auto', false, late);
      expect(session).toBe(asksForKey ? 'database-password-kept' : encrypted ? 'encrypted' : 'plain');
      expect((await outcome('disabled', false, late))[0]).toBe('plain');
    });
  });
});
