import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { MajError } from '../../../scripts/core/errors.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { fetchLimits } from '../../../scripts/package/fetch.ts';
import { findPackage } from '../../../scripts/package/find.ts';
import { testContext, type TestContext } from '../../helpers/context.ts';
import { startPackageServer, type PackageServer } from '../../helpers/package-server.ts';
import { releaseEntries, tarOf } from '../../helpers/packages.ts';

/** Some servers take a token in the address: it is sent, and neither shown nor kept. */
const query = '?private_token=s3cret';
const path = `/app-1.1.0.tar.gz${query}`;
const limits = { ...fetchLimits, idleMs: 60_000, totalMs: 100_000, tries: 2, waitMs: 1 };
const content = gzipSync(tarOf(releaseEntries('1.1.0', { 'large.txt': 'x'.repeat(500_000) })));
let server: PackageServer;

beforeAll(async () => {
  server = await startPackageServer();
});

beforeEach(() => {
  for (const list of [server.pages, server.troubles]) list.clear();
  server.pages.set(path, { content, etag: '"one"' });
  const sum = createHash('sha256').update(content).digest('hex');
  server.pages.set(`/app-1.1.0.tar.gz.sha256${query}`, { content: sum });
});

const contextFor = (source: string): TestContext => testContext({ config: { UPDATE_SOURCE: source } });
const ofServer = (): TestContext => contextFor(`${server.url}/app-{version}.tar.gz${query}`);

/** What was shown, and what lies in the state folder: names and contents. */
function traces(context: TestContext, failure?: unknown): string {
  const folder = join(context.projectDir, '.maj');
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const told =
    failure instanceof MajError ? [failure.message, ...Object.values(describeError(failure, en))] : [];
  return [
    JSON.stringify(context.events),
    ...told,
    ...files,
    ...files.map((file) => readFileSync(file, 'utf8')),
  ].join('\n');
}

async function failureOf(context: TestContext): Promise<unknown> {
  return findPackage(context, '1.1.0', limits).then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
}

it('of a package that is got', async () => {
  const context = ofServer();
  server.troubles.set(path, [{ status: 503 }, { cutAfter: 200 }]);
  expect(readFileSync((await findPackage(context, '1.1.0', limits)).path).equals(content)).toBe(true);
  expect(traces(context)).toContain('/app-1.1.0.tar.gz');
  expect(traces(context)).not.toContain('s3cret');
});

it.each<[string, () => void, string]>([
  [
    'that is cut off',
    () => server.troubles.set(path, [{ cutAfter: 100 }, { status: 503 }, { status: 503 }]),
    'download-failed',
  ],
  ['that may not be read', () => server.troubles.set(path, [{ status: 403 }]), 'download-refused'],
  ['that is not there', () => server.pages.delete(path), 'download-not-found'],
  [
    'that sends on to a secret address',
    () => server.troubles.set(path, [{ status: 302, headers: { location: `/other${query}` } }]),
    'download-not-found',
  ],
  [
    'that sends on in a circle',
    () =>
      server.troubles.set(
        path,
        Array.from({ length: 9 }, () => ({ status: 302, headers: { location: path } })),
      ),
    'download-redirect',
  ],
  ['that sends on to nowhere', () => server.troubles.set(path, [{ status: 302 }]), 'download-redirect'],
  ['without a sum', () => server.pages.delete(`/app-1.1.0.tar.gz.sha256${query}`), 'package-sum-missing'],
  [
    'of another sum',
    () => server.pages.set(`/app-1.1.0.tar.gz.sha256${query}`, { content: '0'.repeat(64) }),
    'package-sum-wrong',
  ],
])('of a package %s', async (_, prepare, code) => {
  prepare();
  const context = ofServer();
  const failure = await failureOf(context);
  expect(failure).toMatchObject({ code });
  expect(traces(context, failure)).not.toContain('s3cret');
});

it('of a package that is not signed', async () => {
  const key = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';
  const context = testContext({
    config: { UPDATE_SOURCE: `${server.url}/app-{version}.tar.gz${query}`, UPDATE_PUBLIC_KEY: key },
  });
  server.troubles.set(`/app-1.1.0.tar.gz.minisig${query}`, [{ status: 403 }]);
  const failure = await failureOf(context);
  expect(failure).toMatchObject({ code: 'signature-missing' });
  expect(traces(context, failure)).not.toContain('s3cret');
});

it('of a repository', async () => {
  const context = contextFor(`git:${server.url}/shop.git${query}`);
  const failure = await failureOf(context);
  expect(failure).toMatchObject({ code: 'git-failed' });
  expect(traces(context, failure)).toContain('shop.git');
  expect(traces(context, failure)).not.toContain('s3cret');
});
