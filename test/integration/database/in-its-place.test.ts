import { generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Secret } from '../../../scripts/config/types.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { capture } from '../../../scripts/system/process/processes.ts';
import { testContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { clientFolder, everyServer } from '../../helpers/servers.ts';
import { findClients, withOptionFile } from '../../helpers/vendor-clients.ts';

/** Whoever answers in the place of a server, and wants to know the password. */

const nonce = Buffer.from('abcdefghijklmnopqrst');
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = keys.publicKey.export({ type: 'spki', format: 'pem' });

/** Whether the password can be read in what was heard: as it is, or under our key. */
function isLearned(heard: readonly Buffer[]): boolean {
  const opened = heard.filter((packet) => {
    try {
      privateDecrypt({ key: keys.privateKey, oaepHash: 'sha1' }, packet);
      return true;
    } catch {
      return false;
    }
  });
  return opened.length > 0 || Buffer.concat(heard).includes('the-password');
}

/** The first packet of a server that cannot encrypt. */
function greeting(plugin: string): Buffer {
  const [low, high] = [0xf7ff, 0x81ff];
  return Buffer.concat([
    Buffer.from('\n8.4.0\0', 'latin1'),
    Buffer.from([1, 0, 0, 0]),
    nonce.subarray(0, 8),
    Buffer.from([0, low & 255, low >> 8, 45, 2, 0, high & 255, high >> 8, 21]),
    Buffer.alloc(10),
    nonce.subarray(8),
    Buffer.from(`\0${plugin}\0`, 'latin1'),
  ]);
}

const switchTo = (plugin: string): Buffer =>
  Buffer.concat([Buffer.from([0xfe]), Buffer.from(`${plugin}\0`), nonce, Buffer.from([0])]);

/** What is answered to each packet of the client, one after the other. */
const ways = {
  'the password in clear': ['mysql_native_password', [switchTo('mysql_clear_password')]],
  'its key, as a server of the kind that was greeted as': [
    'caching_sha2_password',
    [switchTo('caching_sha2_password'), Buffer.from([1, 4]), Buffer.from(`\u0001${String(key)}`)],
  ],
  'its key, without asking for another way first': [
    'caching_sha2_password',
    [Buffer.from([1, 4]), Buffer.from(`\u0001${String(key)}`)],
  ],
  'its key, of another kind': [
    'mysql_native_password',
    [switchTo('sha256_password'), Buffer.from(`\u0001${String(key)}`)],
  ],
} as const satisfies Record<string, readonly [string, readonly Buffer[]]>;

let server: Server | undefined;
afterEach(() => void server?.close());

/** Everything that the client sends, a packet each. */
async function start(plugin: string, answers: readonly Buffer[]): Promise<{ port: number; heard: Buffer[] }> {
  const heard: Buffer[] = [];
  const started = createServer((socket) => {
    const send = (sequence: number, body: Buffer): void => {
      socket.write(Buffer.concat([Buffer.from([body.length & 255, body.length >> 8, 0, sequence]), body]));
    };
    socket.on('error', () => undefined);
    send(0, greeting(plugin));
    socket.on('data', (packet) => {
      const answer = answers[heard.length];
      heard.push(packet.subarray(4));
      if (answer === undefined) socket.end();
      else send((packet[3] ?? 0) + 1, answer);
    });
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return { port: (started.address() as AddressInfo).port, heard };
}

const targetAt = (port: number): Target => ({
  host: '127.0.0.1',
  port,
  socket: undefined,
  user: 'app',
  password: new Secret('the-password'),
  database: 'app',
  sslMode: 'auto',
  sslCa: undefined,
});

it.each(Object.entries(ways))('who asks for %s is told nothing', async (_, [plugin, answers]) => {
  const { port, heard } = await start(plugin, answers);
  const failure = await failureOf(withSession(testContext(), targetAt(port), () => Promise.resolve()));
  // What breaks the protocol is taken for no server at all.
  const code = answers[0][0] === 1 ? 'database-unreachable' : 'database-password-kept';
  expect([failure.code, failure.exitCode]).toEqual([code, 2]);
  // It has sent what proves the password (20 or 32 bytes), neither the password nor a wish for a key.
  expect(isLearned(heard)).toBe(false);
  expect(heard.slice(1).every(({ length }) => length === 32)).toBe(true);
});

it.each(
  everyServer.flatMap((one) =>
    Object.entries(ways).map(([asked, way]) => [asked, one.name, one, way] as const),
  ),
)('who asks for %s is told nothing by the clients of %s', async (_, __, one, [plugin, answers]) => {
  const { port, heard } = await start(plugin, answers);
  const context = testContext({ config: { CLIENT_BIN_DIR: clientFolder(one) } });
  const { dump } = await findClients(context, one.flavour);
  const ended = await withOptionFile(targetAt(port), one.flavour, (file) =>
    capture(context, dump, [`--defaults-file=${file}`, 'app']),
  );
  expect(ended.code).not.toBe(0);
  expect(heard.length).toBeGreaterThan(0);
  expect(isLearned(heard)).toBe(false);
});
