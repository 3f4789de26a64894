import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { getText } from '../../../scripts/net/download.ts';
import { fetchLimits } from '../../../scripts/package/fetch.ts';
import { testContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { startPackageServer } from '../../helpers/package-server.ts';

/** A host of packages that names addresses which only we can reach. */

const limits = { ...fetchLimits, tries: 1, waitMs: 1 };
const outside = 'https://192.0.2.1/api';

/** Something that listens on this machine, and how often it was called. */
async function listener(): Promise<{ readonly port: number; calls: number }> {
  const state = { port: 0, calls: 0 };
  const server = createServer((socket) => {
    state.calls += 1;
    socket.destroy();
  }).unref();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const address = server.address();
  return Object.assign(state, { port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
}

it.each([
  '127.0.0.1',
  '127.1',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '0.0.0.0',
  'localhost',
  '169.254.169.254',
  '10.0.0.1',
])('is not followed to %s, and nothing is sent there', async (host) => {
  const inner = await listener();
  const url = `https://${host}:${inner.port}/x`;
  const failure = await failureOf(getText(testContext(), { url, namedBy: outside }, limits));
  expect([failure.code, failure.exitCode]).toEqual(['download-inward', 3]);
  expect(inner.calls).toBe(0);
});

it.each(['http://127.0.0.1/x', 'http://192.0.2.2/x', 'file:///etc/passwd', 'ftp://192.0.2.2/x'])(
  'is not followed to %s, which is not https',
  async (url) => {
    const failure = await failureOf(getText(testContext(), { url, namedBy: outside }, limits));
    expect(failure.code).toBe('download-insecure');
  },
);

it('on this machine may name what else is on it', async () => {
  const [api, assets] = [await startPackageServer(), await startPackageServer()];
  const content = createHash('sha256').update('x').digest('hex');
  assets.pages.set('/file', { content });
  const wanted = { url: `${assets.url}/file`, namedBy: api.url };
  expect(await getText(testContext(), wanted, limits)).toBe(content);
});
