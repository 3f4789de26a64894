import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { Secret } from '../../../scripts/config/types.ts';
import { fetchLimits } from '../../../scripts/package/fetch.ts';
import { findPackage } from '../../../scripts/package/find.ts';
import { checkPackage } from '../../../scripts/release/check-package.ts';
import { maj } from '../../helpers/cli.ts';
import {
  temporaryFolder,
  testContext,
  type ContextOverrides,
  type TestContext,
} from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { gpgWithHome } from '../../helpers/gpg.ts';
import { minisign } from '../../helpers/minisign.ts';
import { startPackageServer, type PackageServer } from '../../helpers/package-server.ts';
import { releaseEntries, tarOf } from '../../helpers/packages.ts';

let server: PackageServer;
const limits = { ...fetchLimits, idleMs: 60_000, totalMs: 100_000, tries: 4, waitMs: 1 };
const packageOf = (version: string, filler = 300_000): Buffer =>
  gzipSync(tarOf([...releaseEntries(version), { name: 'random.bin', content: randomBytes(filler) }]));
const sumOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

beforeAll(async () => {
  server = await startPackageServer();
});

const path = '/v1.1.0/app-1.1.0.tar.gz';
let content: Buffer;

beforeEach(() => {
  for (const list of [server.pages, server.troubles]) list.clear();
  server.asked.splice(0);
  server.obeys = 'all';
  content = packageOf('1.1.0');
  publish(content, '"one"');
});

function publish(archive: Buffer, etag: string): void {
  server.pages.set(path, { content: archive, etag });
  server.pages.set(`${path}.sha256`, { content: `${sumOf(archive)}  app-1.1.0.tar.gz\n` });
}

const contextWith = (overrides: ContextOverrides = {}): TestContext =>
  testContext({
    ...overrides,
    config: { UPDATE_SOURCE: `${server.url}/v{version}/app-{version}.tar.gz`, ...overrides.config },
  });

const find = (context: TestContext): Promise<string> =>
  findPackage(context, '1.1.0', limits).then((found) => found.path);

const requestsFor = (wanted: string): readonly string[] =>
  server.asked.filter((one) => one.path === wanted).map((one) => one.headers.range ?? 'whole');

it('a package at an address is got into a private folder, with its sum, and is sound', async () => {
  const context = contextWith();
  const found = await find(context);
  expect(readFileSync(found).equals(content)).toBe(true);
  expect(statSync(found).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(found)).mode & 0o777).toBe(0o700);
  expect(readdirSync(dirname(found)).sort()).toEqual(['app-1.1.0.tar.gz', 'app-1.1.0.tar.gz.sha256']);
  expect((await checkPackage(context, found)).version).toBe('1.1.0');
  const bytes = context.events.filter((event) => event.type === 'bytes' && event.step === 'download-package');
  expect(bytes.at(-1)).toMatchObject({ done: content.length, total: content.length });
});

it('a package that is there already is not got again, unless its sum is wrong', async () => {
  const context = contextWith();
  const found = await find(context);
  await find(context);
  expect(requestsFor(path)).toEqual(['whole']);
  writeFileSync(found, 'damaged');
  await find(context);
  expect(requestsFor(path)).toEqual(['whole', 'whole']);
  expect(readFileSync(found).equals(content)).toBe(true);
});

it('what is cut goes on where it was cut, however often, as long as something comes', async () => {
  server.troubles.set(
    path,
    [30_000, 30_000, 30_000, 30_000, 30_000, 30_000].map((cutAfter) => ({ cutAfter })),
  );
  const found = await find(contextWith());
  expect(readFileSync(found).equals(content)).toBe(true);
  const ranges = requestsFor(path);
  expect(ranges).toHaveLength(7);
  expect(ranges[0]).toBe('whole');
  for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=\d+-$/);
});

it('what a call left is gone on with by the next', async () => {
  const context = contextWith();
  server.troubles.set(path, [{ cutAfter: 100_000 }, ...Array.from({ length: 4 }, () => ({ cutAfter: 0 }))]);
  expect((await failureOf(find(context))).code).toBe('download-failed');
  server.troubles.clear();
  server.asked.splice(0);
  const found = await find(context);
  expect(readFileSync(found).equals(content)).toBe(true);
  expect(requestsFor(path)[0]).toMatch(/^bytes=[1-9]/);
});

it.each(['all', 'range', 'nothing'] as const)(
  'two versions of a file are not glued together, where the server obeys %s',
  async (obeys) => {
    const context = contextWith();
    server.troubles.set(path, [{ cutAfter: 100_000 }, ...Array.from({ length: 4 }, () => ({ cutAfter: 0 }))]);
    await failureOf(find(context));
    server.troubles.clear();
    server.obeys = obeys;
    content = packageOf('1.1.0');
    publish(content, '"two"');
    expect(readFileSync(await find(context)).equals(content)).toBe(true);
  },
);

it('a file without anything that tells its versions apart is begun anew', async () => {
  server.pages.set(path, { content });
  server.troubles.set(path, [{ cutAfter: 100_000 }]);
  expect(readFileSync(await find(contextWith())).equals(content)).toBe(true);
  expect(requestsFor(path)).toEqual(['whole', 'whole']);
});

it('a time of change tells them apart where there is no ETag', async () => {
  const changed = { 'last-modified': 'Mon, 02 Nov 2020 10:00:00 GMT' };
  server.pages.set(path, { content, headers: changed });
  server.obeys = 'range';
  server.troubles.set(path, [{ cutAfter: 100_000 }]);
  expect(readFileSync(await find(contextWith())).equals(content)).toBe(true);
  expect(server.asked.at(-1)?.headers['if-range']).toBe(changed['last-modified']);
});

it('what came whole before it was looked at is not got again', async () => {
  const context = contextWith();
  server.troubles.set(path, [{ cutAfter: content.length }]);
  // Cut after its last byte: the server answers the next request that there is no more.
  expect(readFileSync(await find(context)).equals(content)).toBe(true);
});

it.each([[500], [502], [503], [429], [408]])('status %s is tried again', async (status) => {
  server.troubles.set(path, [{ status }, { status, headers: { 'retry-after': '0' } }]);
  const context = contextWith();
  expect(readFileSync(await find(context)).equals(content)).toBe(true);
  expect(
    context.events.filter((event) => event.type === 'note' && event.note === 'download-again'),
  ).toHaveLength(2);
});

it('a server that says nothing is given up after a while', async () => {
  server.troubles.set(path, ['silence', 'silence', 'silence', 'silence']);
  const failure = await failureOf(findPackage(contextWith(), '1.1.0', { ...limits, idleMs: 50 }));
  expect(failure.code).toBe('download-failed');
  expect(failure.message).toMatch(/nothing came for 50 ms/);
});

it('so is one that takes more time than there is', async () => {
  server.troubles.set(path, ['silence']);
  const failure = await failureOf(findPackage(contextWith(), '1.1.0', { ...limits, totalMs: 300 }));
  expect(failure.code).toBe('download-too-slow');
});

it('Ctrl-C ends it at once, and what is there stays', async () => {
  const stop = new AbortController();
  server.troubles.set(path, ['silence']);
  const context = contextWith({ signal: stop.signal });
  const work = failureOf(find(context));
  await expect.poll(() => requestsFor(path).length).toBe(1);
  stop.abort();
  expect((await work).exitCode).toBe(130);
});

it.each([
  [404, 'download-not-found', /nothing at/],
  [410, 'download-not-found', /nothing at/],
  [401, 'download-refused', /401/],
  [403, 'download-refused', /403/],
])('status %s is an answer: %s', async (status, code, text) => {
  server.troubles.set(path, [{ status }]);
  const failure = await failureOf(find(contextWith()));
  expect([failure.code, failure.exitCode]).toEqual([code, 3]);
  expect(failure.message).toMatch(text);
  expect(requestsFor(path)).toHaveLength(1);
});

it('a port where nothing listens is tried again, and named', async () => {
  const context = contextWith({ config: { UPDATE_SOURCE: 'http://127.0.0.1:1/app-{version}.tar.gz' } });
  const failure = await failureOf(find(context));
  expect(failure.code).toBe('download-failed');
  expect(failure.message).toMatch(/127\.0\.0\.1:1.*ECONNREFUSED/s);
});

it('without a sum nothing is got', async () => {
  server.pages.delete(`${path}.sha256`);
  const failure = await failureOf(find(contextWith()));
  expect(failure.code).toBe('package-sum-missing');
  expect(failure.message).toContain(`${server.url}/v1.1.0/SHA256SUMS`);
  expect(requestsFor(path)).toEqual([]);
});

it('the sum may be in SHA256SUMS beside it', async () => {
  server.pages.delete(`${path}.sha256`);
  const lines = `${'0'.repeat(64)}  other.tar.gz\n${sumOf(content)}  app-1.1.0.tar.gz\n`;
  server.pages.set('/v1.1.0/SHA256SUMS', { content: lines });
  expect(readFileSync(await find(contextWith())).equals(content)).toBe(true);
});

it.each([401, 403])(
  'a server that answers %s for what is not there is asked for SHA256SUMS',
  async (status) => {
    server.troubles.set(`${path}.sha256`, [{ status }]);
    server.pages.set('/v1.1.0/SHA256SUMS', { content: `${sumOf(content)}  app-1.1.0.tar.gz\n` });
    expect(readFileSync(await find(contextWith())).equals(content)).toBe(true);
  },
);

it('so is one that answers with a page for what is not there', async () => {
  server.pages.set(`${path}.sha256`, { content: '<!doctype html><title>Not found</title>' });
  server.pages.set('/v1.1.0/SHA256SUMS', { content: `${sumOf(content)}  app-1.1.0.tar.gz\n` });
  expect(readFileSync(await find(contextWith())).equals(content)).toBe(true);
});

it('a server that lets nobody in is said to, and one whose pages hold no sum to have none', async () => {
  server.troubles.set(`${path}.sha256`, [{ status: 403 }]);
  server.troubles.set('/v1.1.0/SHA256SUMS', [{ status: 403 }]);
  expect((await failureOf(find(contextWith()))).code).toBe('download-refused');
  for (const place of [`${path}.sha256`, '/v1.1.0/SHA256SUMS'])
    server.pages.set(place, { content: '<!doctype html>' });
  expect((await failureOf(find(contextWith()))).code).toBe('package-sum-missing');
  expect(requestsFor(path)).toEqual([]);
});

it('what does not have its sum is not kept', async () => {
  const context = contextWith();
  server.pages.set(`${path}.sha256`, { content: '0'.repeat(64) });
  const failure = await failureOf(find(context));
  expect([failure.code, failure.exitCode]).toEqual(['package-sum-wrong', 4]);
  const [folder = ''] = readdirSync(join(context.projectDir, '.maj', 'packages'));
  expect(readdirSync(join(context.projectDir, '.maj', 'packages', folder))).toEqual([
    'app-1.1.0.tar.gz.sha256',
  ]);
});

it('what is larger than may be is not got', async () => {
  const failure = await failureOf(findPackage(contextWith(), '1.1.0', { ...limits, bytes: 1000 }));
  expect(failure.code).toBe('download-too-large');
});

it('a redirection is followed on this machine, without the token for another host, and not to plain http', async () => {
  const other = await startPackageServer();
  other.pages.set('/file', { content, etag: '"x"' });
  server.troubles.set(path, [{ status: 302, headers: { location: `${other.url}/file` } }]);
  const context = contextWith({ config: { UPDATE_TOKEN: new Secret('s3cret-token') } });
  expect(readFileSync(await find(context)).equals(content)).toBe(true);
  expect(server.asked[0]?.headers.authorization).toBe('Bearer s3cret-token');
  expect(other.asked[0]?.headers.authorization).toBeUndefined();
  expect(JSON.stringify(context.events)).not.toContain('s3cret-token');

  server.troubles.set(path, [{ status: 302, headers: { location: 'http://192.0.2.1/file' } }]);
  const failure = await failureOf(find(contextWith()));
  expect(failure.code).toBe('download-redirect');
  expect(failure.message).toMatch(/192\.0\.2\.1, which is not https/);

  server.troubles.set(
    path,
    Array.from({ length: 9 }, () => ({ status: 302, headers: { location: path } })),
  );
  expect((await failureOf(find(contextWith()))).code).toBe('download-redirect');
});

it('the signature is got with it once there is a key; without one nothing is got', async () => {
  const keys = temporaryFolder('keys');
  minisign('-G', '-W', '-p', join(keys, 'k.pub'), '-s', join(keys, 'k.key'));
  const file = join(keys, 'app-1.1.0.tar.gz');
  writeFileSync(file, content);
  minisign('-S', '-s', join(keys, 'k.key'), '-m', file, '-t', 'from afar');
  const signed = (): TestContext => contextWith({ config: { UPDATE_PUBLIC_KEY: join(keys, 'k.pub') } });
  expect((await failureOf(find(signed()))).code).toBe('signature-missing');
  expect(requestsFor(path)).toEqual([]);
  server.pages.set(`${path}.minisig`, { content: readFileSync(`${file}.minisig`) });
  const context = signed();
  expect((await checkPackage(context, await find(context))).signedBy?.trustedComment).toBe('from afar');
});

it('a signature of OpenPGP is got byte by byte, also where a page stands in the place of the other one', async () => {
  const { gpg, end } = gpgWithHome();
  try {
    const folder = temporaryFolder('openpgp');
    const [file, keyFile] = [join(folder, 'app-1.1.0.tar.gz'), join(folder, 'key.gpg')];
    writeFileSync(file, content);
    gpg('--quick-generate-key', 'us <us@x.example>', 'ed25519', 'sign', 'never');
    writeFileSync(keyFile, gpg('--export', 'us'));
    const signed = (): TestContext => contextWith({ config: { UPDATE_PUBLIC_KEY: keyFile } });
    const failure = await failureOf(find(signed()));
    expect(failure).toMatchObject({ code: 'signature-missing' });
    expect(failure.message).toMatch(/no .*\.asc and no .*\.sig\./);
    server.pages.set(`${path}.asc`, { content: Buffer.from('<html>not found</html>') });
    server.pages.set(`${path}.sig`, { content: gpg('--output', '-', '--detach-sign', file) });
    const context = signed();
    const report = await checkPackage(context, await find(context));
    expect(report.signedBy?.userId).toBe('us <us@x.example>');
  } finally {
    end();
  }
});

it('by https: a certificate that nobody vouches for is refused, and one that is named is taken', async () => {
  const folder = temporaryFolder('tls');
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...[
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=DNS:localhost',
        '-keyout',
        key,
        '-out',
        certificate,
      ],
    ],
    { stdio: 'ignore' },
  );
  const secure = createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (request, response) => {
      const page = server.pages.get(request.url ?? '');
      response.writeHead(page === undefined ? 404 : 200).end(page?.content);
    },
  );
  await new Promise<void>((resolve) => secure.listen(0, 'localhost', resolve));
  try {
    const source = `https://localhost:${(secure.address() as AddressInfo).port}/v{version}/app-{version}.tar.gz`;
    const failure = await failureOf(find(contextWith({ config: { UPDATE_SOURCE: source } })));
    expect(failure.code).toBe('download-tls');
    expect(failure.message).toMatch(/self-signed certificate/);

    const run = await maj(temporaryFolder('project'), ['verify', 'package', '1.1.0'], {
      env: { UPDATE_SOURCE: source, NODE_EXTRA_CA_CERTS: certificate },
    });
    expect(run.stderr).toContain('app-1.1.0.tar.gz');
    expect(run.stdout).toMatch(/is sound: version 1\.1\.0/);
    expect(run.code).toBe(0);
  } finally {
    secure.closeAllConnections();
    secure.close();
  }
});

it('only the packages that were used last are kept', async () => {
  const context = contextWith();
  for (const version of ['1.0.1', '1.0.2', '1.0.3', '1.0.4']) {
    const archive = packageOf(version, 10);
    server.pages.set(`/v${version}/app-${version}.tar.gz`, { content: archive });
    server.pages.set(`/v${version}/app-${version}.tar.gz.sha256`, { content: sumOf(archive) });
    await findPackage(context, version, limits);
  }
  expect(readdirSync(join(context.projectDir, '.maj', 'packages'))).toHaveLength(3);
});
