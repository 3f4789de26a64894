import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { findPackage } from '../../../scripts/package/find.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { writeTree } from '../../helpers/packages.ts';

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: http.Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return (server.address() as AddressInfo).port;
}

/** A repository as files, by plain http; its address. */
async function plainRepository(): Promise<string> {
  const root = temporaryFolder('repository');
  const [work, bare] = [join(root, 'work'), join(root, 'shop.git')];
  const git = (...args: readonly string[]): Buffer =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args]);
  writeTree(work, { VERSION: '1.1.0\n' });
  git('init', '-q', work);
  git('-C', work, 'add', '.');
  git('-C', work, 'commit', '-qm', 'x');
  git('-C', work, 'tag', 'v1.1.0');
  git('clone', '-q', '--bare', work, bare);
  git('-C', bare, 'update-server-info');
  const port = await listen(
    http.createServer((request, response) => {
      const path = join(root, new URL(request.url ?? '', 'http://localhost').pathname);
      const there = existsSync(path) && statSync(path).isFile();
      response.writeHead(there ? 200 : 404).end(there ? readFileSync(path) : 'not found');
    }),
  );
  return `http://localhost:${port}`;
}

it('a repository on this machine may be fetched by plain http', async () => {
  const address = await plainRepository();
  const context = testContext({ config: { UPDATE_SOURCE: `git:${address}/shop.git` } });
  expect(await findPackage(context, '1.1.0')).toMatchObject({ version: '1.1.0' });
});

it('one by https may not send on to plain http', async () => {
  const address = await plainRepository();
  const folder = temporaryFolder('tls');
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const named = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', ...made, ...named, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const asked: string[] = [];
  const port = await listen(
    https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(302, { location: `${address}${request.url ?? ''}` }).end();
    }),
  );
  const context = testContext({
    config: { UPDATE_SOURCE: `git:https://localhost:${port}/shop.git` },
    env: { ...process.env, GIT_SSL_CAINFO: cert },
  });
  await expect(findPackage(context, '1.1.0')).rejects.toMatchObject({
    code: 'git-failed',
    message: expect.stringMatching(/http.*(not allowed|not supported|disabled)/i) as string,
  });
  expect(asked).toHaveLength(1);
});
