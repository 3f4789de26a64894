import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { applyVerb } from '../../../scripts/apply.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import { readMigrations } from '../../../scripts/migrations/folder.ts';
import { runMigrations } from '../../../scripts/migrations/run/runner.ts';
import { checkPackage } from '../../../scripts/release/check-package.ts';
import { seriesOf } from '../../../scripts/sql/server-version.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { releaseEntries, treePrint, writePackage, writeTree } from '../../helpers/packages.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { verbArguments } from '../../helpers/verbs.ts';

/** What a package needs, and which versions may go over which, with a database where one is asked. */

const [first] = servers;
if (first === undefined) throw new Error('there is no server');
const running = useServer(first);

let root: string;
let app: string;
let packages: string;
let projectDir: string;

beforeEach(() => {
  root = temporaryFolder('may');
  app = join(root, 'www', 'app');
  packages = join(root, 'packages');
  projectDir = join(root, 'project');
  mkdirSync(projectDir);
  writeTree(app, { VERSION: '1.1.0\n', 'index.php': 'of 1.1.0', 'uploads/a.jpg': 'jpg' });
});

const one = 'CREATE TABLE a (id INT PRIMARY KEY);\n';
const two = 'CREATE TABLE b (id INT PRIMARY KEY);\n';

const release = (version: string, files: Readonly<Record<string, string>> = {}): string =>
  writePackage(
    packages,
    `app-${version}.tar.gz`,
    releaseEntries(version, { 'index.php': `of ${version}`, ...files }),
  );

const settings = (): Partial<Config> => ({ APP_DIR: app, UPDATE_SOURCE: packages });
const plain = (config: Partial<Config> = {}): TestContext =>
  testContext({ projectDir, config: { ...settings(), ...config } });
const withDatabase = async (): Promise<TestContext> => ({
  ...running().context({ ...settings(), DB_NAME: await running().createDatabase() }),
  projectDir,
});

type Options = Parameters<typeof applyVerb.run>[1]['options'];
const apply = (context: TestContext, wanted: string, options: Options = {}): Promise<unknown> =>
  applyVerb.run(context, verbArguments([wanted], options));

/** Migrates the database by these scripts, as the installed release had them. */
async function migrate(context: TestContext, scripts: Readonly<Record<string, string>>): Promise<void> {
  const folder = join(temporaryFolder('scripts'), 'migrations');
  writeTree(folder, scripts);
  const migrations = await readMigrations(folder, {});
  await runMigrations(context, {
    target: running().target(context.config.DB_NAME ?? ''),
    migrations: migrations.map((script) => ({ ...script, done: 0, recordedAs: script.version })),
    runId: 'install',
    appliedBy: 'test',
  });
}

it('a package that needs what is not here is refused with all of it, before anything is done', async () => {
  const needs = { maj: '99.0.0', from: '>=1.9.0', node: '>=99', php: '>=99', phpExtensions: ['nowhere'] };
  release('2.0.0', { 'maj.json': JSON.stringify(needs) });
  const before = treePrint(app);
  const failure = await failureOf(apply(plain(), '2.0.0'));
  expect([failure.code, failure.exitCode]).toEqual(['requirements-unmet', 3]);
  expect(failure.message).toMatch(/maj 99\.0\.0 or later; this is \d/);
  expect(failure.message).toMatch(/installed version >=1\.9\.0; installed is 1\.1\.0/);
  expect(failure.message).toContain(`Node >=99; node is ${process.versions.node}`);
  expect(failure.message).toMatch(/PHP >=99; (php is|no program php)/);
  expect(failure.message).toMatch(/nowhere, which php -m does not list/);
  expect(treePrint(app)).toEqual(before);
  expect(readdirSync(join(root, 'www', '.app.maj'))).toEqual([]);
});

it('one that needs what is here is installed', async () => {
  const context = await withDatabase();
  const [major] = seriesOf(first.programs.version);
  const needs = { from: '>=1.1.0', node: '>=20', servers: { [first.flavour]: String(major) } };
  release('1.2.0', { 'maj.json': JSON.stringify(needs) });
  await apply(context, '1.2.0');
  expect(readFileSync(join(app, 'index.php'), 'utf8')).toBe('of 1.2.0');
});

it('one that wants another server is refused, and says which one this is', async () => {
  const other = first.flavour === 'mysql' ? 'mariadb' : 'mysql';
  release('1.2.0', { 'maj.json': JSON.stringify({ servers: { [other]: '8.0' } }) });
  const failure = await failureOf(apply(await withDatabase(), '1.2.0'));
  expect(failure.code).toBe('requirements-unmet');
  expect(failure.message).toContain(`the server is ${first.name}`);
});

it('a list of needs with mistakes is refused with all of them, by `maj verify package` as well', async () => {
  const path = release('1.2.0', { 'maj.json': '{"phpp": ">=8", "node": "newest"}' });
  for (const check of [() => apply(plain(), '1.2.0'), () => checkPackage(plain(), path)]) {
    const failure = await failureOf(check());
    expect([failure.code, failure.exitCode]).toEqual(['requirements-invalid', 4]);
    expect(failure.message).toMatch(/phpp is no key of it; did its author mean php\?/);
    expect(failure.message).toMatch(/node: a range of versions/);
  }
});

it('a list of needs that is a link is refused', async () => {
  const path = writePackage(packages, 'app-1.2.0.tar.gz', [
    ...releaseEntries('1.2.0'),
    { name: 'maj.json', type: '2', link: 'VERSION' },
  ]);
  expect((await failureOf(apply(plain(), path))).code).toBe('requirements-no-file');
});

it('the same version is refused, and put in the place of itself with --reinstall', async () => {
  release('1.1.0', { 'new.php': 'new' });
  expect((await failureOf(apply(plain(), '1.1.0'))).code).toBe('version-same');
  await apply(plain(), '1.1.0', { reinstall: true });
  expect(treePrint(app)).toMatchObject({ 'new.php': '644 new', 'uploads/a.jpg': '644 jpg' });
});

it('an older version is refused, and installed with --allow-downgrade where no migration stands between', async () => {
  const context = await withDatabase();
  await migrate(context, { '001_one.sql': one });
  release('1.0.0', { 'migrations/001_one.sql': one });
  expect((await failureOf(apply(context, '1.0.0'))).code).toBe('version-older');
  await apply(context, '1.0.0', { 'allow-downgrade': true });
  expect(readFileSync(join(app, 'VERSION'), 'utf8')).toBe('1.0.0\n');
});

it.each([
  ['lacks one that was applied', { 'migrations/001_one.sql': one }],
  ['has one otherwise than it was applied', { 'migrations/001_one.sql': one, 'migrations/002_two.sql': one }],
  ['brings none', {}],
])('an older version that %s is refused with --allow-downgrade as well', async (_, files) => {
  const context = await withDatabase();
  await migrate(context, { '001_one.sql': one, '002_two.sql': two });
  release('1.0.0', files);
  const failure = await failureOf(apply(context, '1.0.0', { 'allow-downgrade': true }));
  expect([failure.code, failure.exitCode]).toEqual(['downgrade-migrations', 3]);
  expect(failure.message).toContain('002_two');
  expect(readFileSync(join(app, 'VERSION'), 'utf8')).toBe('1.1.0\n');
});

it('without a database nobody can know what stands between', async () => {
  release('1.0.0');
  expect((await failureOf(apply(plain(), '1.0.0', { 'allow-downgrade': true }))).code).toBe(
    'settings-missing',
  );
});

it('in the releases layout the same and an older version lie beside the folders of their names', async () => {
  app = join(root, 'www', 'releases-app');
  const context = { ...(await withDatabase()), config: { ...(await withDatabase()).config, APP_DIR: app } };
  const layout = { ...context, config: { ...context.config, APP_LAYOUT: 'releases' as const } };
  for (const version of ['1.0.0', '1.1.0']) {
    release(version);
    await apply(layout, version);
  }
  const current = (): string => readlinkSync(join(app, 'current'));
  expect(current()).toBe('releases/1.1.0');
  await apply(layout, '1.1.0', { reinstall: true });
  expect(current()).toMatch(/^releases\/1\.1\.0-\d{8}T/);
  await apply(layout, '1.0.0', { 'allow-downgrade': true });
  expect(current()).toMatch(/^releases\/1\.0\.0-\d{8}T/);
  expect(readFileSync(join(app, 'current', 'index.php'), 'utf8')).toBe('of 1.0.0');
  expect(existsSync(join(app, 'releases', '1.1.0'))).toBe(true);
});
