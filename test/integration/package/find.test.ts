import { mkdirSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { findPackage } from '../../../scripts/package/find.ts';
import { callersFolder } from '../../../scripts/system/process/npm.ts';
import { maj } from '../../helpers/cli.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { releaseEntries, writePackage } from '../../helpers/packages.ts';

let root: string;
let context: TestContext;

beforeEach(() => {
  root = temporaryFolder('find');
  for (const folder of ['project', 'here', 'packages']) mkdirSync(join(root, folder));
  context = testContext({
    projectDir: join(root, 'project'),
    workingDir: join(root, 'here'),
    config: { UPDATE_SOURCE: '../packages' },
  });
});

const put = (folder: string, ...names: readonly string[]): void => {
  for (const name of names) writePackage(join(root, folder), name, releaseEntries('1.1.0'));
};

it.each([
  ['1.7.3', 'roundcubemail-1.7.3-complete.tar.gz'],
  ['v15.1.0', 'Piwigo-15.1.0.zip'],
  ['5.87', 'ghost-5.87.0.tgz'],
  ['6.4.0', 'wordpress-6.4.zip'],
])('version %s is found as %s in the folder of packages', async (wanted, name) => {
  put('packages', 'roundcubemail-1.7.2-complete.tar.gz', 'Piwigo-15.0.0.zip', 'wordpress-6.4.1.zip', name);
  const found = await findPackage(context, wanted);
  expect([basename(found.path), found.version]).toEqual([name, wanted.replace('v', '')]);
});

it('of several that fit each is named, and may be asked for by its name', async () => {
  const names = ['roundcubemail-1.7.3-complete.tar.gz', 'roundcubemail-1.7.3.tar.gz'];
  put('packages', ...names);
  const failure = await failureOf(findPackage(context, '1.7.3'));
  expect(failure.code).toBe('package-ambiguous');
  for (const name of names) {
    expect(failure.message).toContain(name);
    expect((await findPackage(context, name)).path).toBe(join(root, 'packages', name));
  }
  expect(describeError(failure, en).hint).toContain(`maj upgrade ${names[0] ?? ''}`);
});

it.each([
  [['a-1.9.zip', 'a-1.10-full.zip', 'a-1.9.zip.sha256', 'a-2.0rc1.tgz'], /there: 2\.0rc1, 1\.10, 1\.9\.$/],
  [['a.zip'], /No version is there\.$/],
])('where none fits, the versions of %j are named', async (names, said) => {
  put('packages', ...names);
  const failure = await failureOf(findPackage(context, '1.1.0'));
  expect([failure.code, failure.message]).toEqual(['package-not-found', expect.stringMatching(said)]);
});

it('a file is looked for where the user stands, then in the project, then in the folder of packages', async () => {
  const folders = ['packages', 'project', 'here'];
  const failure = await failureOf(findPackage(context, 'app-1.1.0.tgz'));
  expect(failure.code).toBe('package-missing');
  for (const folder of folders) {
    const path = join(root, folder, 'app-1.1.0.tgz');
    expect(failure.message).toContain(path);
    put(folder, 'app-1.1.0.tgz');
    expect(await findPackage(context, 'app-1.1.0.tgz')).toEqual({ path, version: undefined });
  }
  const below = await failureOf(findPackage(context, 'below/app-1.1.0.tgz'));
  expect(below.message).toContain(join(root, 'here', 'below', 'app-1.1.0.tgz'));
  expect(below.message).not.toContain('packages');
});

it.each([
  ['called by npm', { INIT_CWD: '/home/a', npm_package_json: '/opt/maj/package.json' }, '/home/a'],
  ['called alone', {}, '/opt/maj'],
  [
    'called by a script that went elsewhere',
    { INIT_CWD: '/home/a', npm_package_json: '/srv/package.json' },
    '/opt/maj',
  ],
  ['called by what is not npm', { INIT_CWD: '/home/a' }, '/opt/maj'],
  ['called by a strange one', { INIT_CWD: 'a', npm_package_json: '/opt/maj/package.json' }, '/opt/maj'],
])('%s, with %j, the user stands in %s', (_, environment, folder) => {
  expect(callersFolder(environment, '/opt/maj')).toBe(folder);
});

it('through npm, the command finds a file where npm was called', async () => {
  put('here', 'app-1.1.0.tgz');
  const project = realpathSync(join(root, 'project'));
  const env = { INIT_CWD: join(root, 'here'), npm_package_json: join(project, 'package.json') };
  const run = await maj(project, ['verify', 'package', 'app-1.1.0.tgz', '--json'], { env });
  expect([run.code, run.stdout]).toEqual([0, expect.stringContaining(join(root, 'here', 'app-1.1.0.tgz'))]);
});
