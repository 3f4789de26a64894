import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { Secret } from '../../../scripts/config/types.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { fetchLimits } from '../../../scripts/package/fetch.ts';
import { findPackage } from '../../../scripts/package/find.ts';
import { checkPackage } from '../../../scripts/release/check-package.ts';
import { maj } from '../../helpers/cli.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { startPackageServer, type PackageServer } from '../../helpers/package-server.ts';
import { releaseEntries, tarOf } from '../../helpers/packages.ts';

/** A server that answers as GitHub's API does (REST, 2022-11-28: releases/tags, assets as octet streams). */

let server: PackageServer;
const content = gzipSync(tarOf(releaseEntries('1.1.0')));
const sum = createHash('sha256').update(content).digest('hex');
const limits = { ...fetchLimits, tries: 2, waitMs: 1 };

beforeAll(async () => {
  server = await startPackageServer();
});

beforeEach(() => {
  server.pages.clear();
  server.troubles.clear();
  server.asked.splice(0);
});

function publish(tag: string, assets: Readonly<Record<string, string | Buffer>>): void {
  const listed = Object.keys(assets).map((name, index) => {
    const path = `/repos/acme/shop/releases/assets/${index}`;
    server.pages.set(path, { content: assets[name] ?? '', etag: `"${index}"` });
    return { name, url: `${server.url}${path}`, state: 'uploaded', size: 1, id: index };
  });
  const answer = { id: 1, tag_name: tag, draft: false, assets: listed };
  server.pages.set(`/repos/acme/shop/releases/tags/${tag}`, { content: JSON.stringify(answer) });
}

/** The answer to who asks for the newest releases. */
function list(...tags: readonly string[]): void {
  const releases = tags.map((tag) => {
    const path = `/repos/acme/shop/releases/tags/${tag}`;
    const published = server.pages.get(path)?.content.toString();
    return published === undefined ? { tag_name: tag, assets: [] } : (JSON.parse(published) as unknown);
  });
  server.pages.set('/repos/acme/shop/releases?per_page=30', { content: JSON.stringify(releases) });
}

const context = (token?: string): TestContext =>
  testContext({
    config: {
      UPDATE_SOURCE: 'github:acme/shop',
      UPDATE_GITHUB_API: server.url,
      ...(token === undefined ? {} : { UPDATE_TOKEN: new Secret(token) }),
    },
  });

it.each(['v1.1.0', '1.1.0'])('the package of the release %s is got and is sound', async (tag) => {
  publish(tag, {
    'shop-1.1.0.tar.gz.sha256': `${sum}  shop-1.1.0.tar.gz`,
    'notes.txt': 'x',
    'shop-1.1.0.tar.gz': content,
  });
  const ours = context('t0ken');
  const { path, version } = await findPackage(ours, '1.1.0', limits);
  expect(version).toBe('1.1.0');
  expect(readFileSync(path).equals(content)).toBe(true);
  expect((await checkPackage(ours, path)).version).toBe('1.1.0');
  const asset = server.asked.find((one) => one.path.endsWith('/assets/2'));
  expect(asset?.headers).toMatchObject({ accept: 'application/octet-stream', authorization: 'Bearer t0ken' });
});

it('asks without a token where there is none, and takes the sum from SHA256SUMS', async () => {
  publish('v1.1.0', { 'shop-1.1.0.tar.gz': content, SHA256SUMS: `${sum}  shop-1.1.0.tar.gz\n` });
  const { path } = await findPackage(context(), '1.1.0', limits);
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(server.asked.every((one) => one.headers.authorization === undefined)).toBe(true);
});

it('a version that is tagged otherwise is found among the releases', async () => {
  publish('v1.1.0', { 'shop-1.1.0.tar.gz': content, 'shop-1.1.0.tar.gz.sha256': sum });
  list('v1.2', 'v1.1.0');
  expect(await findPackage(context(), '1.1', limits)).toMatchObject({ version: '1.1' });
});

it('of several packages one is chosen by the name of its file', async () => {
  const names = ['shop-1.1.0-complete.tar.gz', 'shop-1.1.0.tar.gz'];
  publish('1.1.0', {
    ...Object.fromEntries(names.map((name) => [name, content])),
    SHA256SUMS: names.map((name) => `${sum}  ${name}\n`).join(''),
  });
  const failure = await failureOf(findPackage(context(), '1.1.0', limits));
  expect([failure.code, describeError(failure, en).hint]).toEqual([
    'package-ambiguous',
    expect.stringContaining('maj upgrade shop-1.1.0-complete.tar.gz'),
  ]);
  const found = await findPackage(context(), 'shop-1.1.0-complete.tar.gz', limits);
  expect(found).toMatchObject({
    version: '1.1.0',
    path: expect.stringMatching(/shop-1\.1\.0-complete\.tar\.gz$/) as string,
  });
});

it.each([
  ['no release of the version', () => undefined, 'github-no-release', /v1\.1\.0 or 1\.1\.0.*No version/],
  [
    'no release of the version, but of others',
    () => list('v1.0.0', '1.10', 'nightly', 'v1.9-rc1'),
    'github-no-release',
    /there: 1\.10, v1\.9-rc1, v1\.0\.0\.$/,
  ],
  ['a release without a package', () => publish('v1.1.0', { 'a.exe': 'x' }), 'github-no-package', /a\.exe/],
  [
    'a release with two packages',
    () => publish('v1.1.0', { 'a-1.1.0.tar.gz': 'x', 'b-1.1.0.tar.gz': 'x' }),
    'package-ambiguous',
    /b-1\.1\.0/,
  ],
  ['a package without a sum', () => publish('v1.1.0', { 'a-1.1.0.zip': 'x' }), 'package-sum-missing', /sum/],
  [
    'an answer that is none of GitHub’s',
    () => server.pages.set('/repos/acme/shop/releases/tags/v1.1.0', { content: '<html>' }),
    'github-answer',
    /UPDATE_GITHUB_API|does not answer/,
  ],
  [
    'a refusal for want of a token',
    () => server.troubles.set('/repos/acme/shop/releases/tags/v1.1.0', [{ status: 403 }]),
    'download-refused',
    /403/,
  ],
])('%s is refused with its reason', async (_, prepare, code, text) => {
  prepare();
  const failure = await failureOf(findPackage(context(), '1.1.0', limits));
  expect([failure.code, failure.exitCode]).toEqual([code, 3]);
  expect(failure.message).toMatch(text);
});

it('the token shows nowhere, and is taken from no option', async () => {
  server.troubles.set('/repos/acme/shop/releases/tags/v1.1.0', [{ status: 401 }]);
  const env = {
    UPDATE_SOURCE: 'github:acme/shop',
    UPDATE_GITHUB_API: server.url,
    UPDATE_TOKEN: 's3cret-token',
  };
  const project = temporaryFolder('project');
  const run = await maj(project, ['verify', 'package', '1.1.0', '--json'], { env });
  expect(run.stdout).toContain('download-refused');
  expect(run.stdout + run.stderr).not.toContain('s3cret-token');
  const given = await maj(project, ['verify', 'package', '1.1.0', '--update-token=s3cret-token'], { env });
  expect(given.code).toBe(2);
  expect(given.stdout + given.stderr).not.toContain('s3cret-token');
});
