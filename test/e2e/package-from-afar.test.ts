import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { maj, type CliRun } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { minisign } from '../helpers/minisign.ts';
import { startPackageServer } from '../helpers/package-server.ts';
import { servers } from '../helpers/servers.ts';
import { expectVersion, useSites } from '../helpers/site.ts';

const [first] = servers;
if (first === undefined) throw new Error('there is no server');
const newSite = useSites(first);

test('an upgrade gets its signed package over a line that is cut; the same version goes again, an older one does not', async () => {
  const site = await newSite();
  const server = await startPackageServer();
  const keys = temporaryFolder('keys');
  const [publicKey, secretKey] = [join(keys, 'k.pub'), join(keys, 'k.key')];
  minisign('-G', '-W', '-p', publicKey, '-s', secretKey);
  for (const name of await readdir(site.packages)) {
    const path = join(site.packages, name);
    server.pages.set(`/${name}`, { content: await readFile(path), etag: `"${name}"` });
    if (!name.endsWith('.tar.gz')) continue;
    minisign('-S', '-s', secretKey, '-m', path, '-x', join(keys, name), '-t', `this is ${name}`);
    server.pages.set(`/${name}.minisig`, { content: await readFile(join(keys, name)) });
  }
  server.troubles.set('/intimemanager-1.1.0.tar.gz', [{ cutAfter: 2000 }, { status: 503 }]);
  const env = {
    UPDATE_SOURCE: `${server.url}/intimemanager-{version}.tar.gz`,
    UPDATE_PUBLIC_KEY: publicKey,
  };
  const call = (...words: readonly string[]): Promise<CliRun> => maj(site.project, words, { env });

  const done = await call('upgrade', '1.1.0');
  expect(done.code, done.stderr).toBe(0);
  expect(done.stderr).toMatch(/again in/);
  expect(done.stderr).toContain('with the words "this is intimemanager-1.1.0.tar.gz"');
  await expectVersion(site, '1.1.0');

  const same = await call('upgrade', '1.1.0');
  expect([same.code, same.stderr]).toEqual([3, expect.stringContaining('--reinstall')]);
  const again = await call('upgrade', '1.1.0', '--reinstall');
  expect(again.code, again.stderr).toBe(0);
  await expectVersion(site, '1.1.0');

  const older = await call('upgrade', '1.0.0', '--allow-downgrade');
  expect(older.code).toBe(3);
  expect(older.stderr).toMatch(/newer than version 1\.0\.0 knows.*004_billing/s);
  await expectVersion(site, '1.1.0');
});
