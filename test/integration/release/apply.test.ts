import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { installDependencies } from '../../../scripts/application/deploy-commands.ts';
import { setMaintenance } from '../../../scripts/application/maintenance.ts';
import { applyVerb } from '../../../scripts/apply.ts';
import type { VerbResult } from '../../../scripts/cli/verb.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import { wrongUsage } from '../../../scripts/core/errors.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { checkPackage } from '../../../scripts/release/check-package.ts';
import { prepareSwitch } from '../../../scripts/release/prepare.ts';
import { stagePackage } from '../../../scripts/release/stage.ts';
import { applyMoves, undoMoves } from '../../../scripts/release/switch.ts';
import { installedVersion } from '../../../scripts/release/version.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { releaseEntries, treePrint, writePackage, writeTree } from '../../helpers/packages.ts';
import { overWhenThere } from '../../helpers/time-over.ts';
import { verbArguments } from '../../helpers/verbs.ts';

let root: string;
let app: string;
let packages: string;
let projectDir: string;

beforeEach(() => {
  root = temporaryFolder('apply');
  app = join(root, 'www', 'app');
  packages = join(root, 'packages');
  projectDir = join(root, 'project');
  mkdirSync(projectDir);
});

const install = (files: Readonly<Record<string, string>> = {}): void =>
  writeTree(app, {
    VERSION: '1.0.0\n',
    'index.php': 'old',
    '.env': 'SECRET=1',
    'uploads/a.jpg': 'jpg',
    ...files,
  });

const contextWith = (config: Partial<Config> = {}): TestContext =>
  testContext({ projectDir, config: { APP_DIR: app, UPDATE_SOURCE: packages, ...config } });

const release = (version: string, files: Readonly<Record<string, string>> = {}): string =>
  writePackage(
    packages,
    `app-${version}.tar.gz`,
    releaseEntries(version, { 'index.php': `of ${version}`, ...files }),
  );

const asked: string[] = [];
type Arguments = Parameters<typeof applyVerb.run>[1];
const args = (positionals: readonly string[], options: Arguments['options'] = {}): Arguments =>
  verbArguments(positionals, options, (question) => {
    asked.push(typeof question === 'string' ? question : question(en));
    return Promise.resolve();
  });

const apply = (context: TestContext, wanted: string): Promise<VerbResult> =>
  applyVerb.run(context, args([wanted]));

const area = (): string => join(root, 'www', '.app.maj');
const said = (context: TestContext): string[] =>
  context.events.flatMap((event) => ('note' in event ? [event.note] : []));

describe('maj apply', () => {
  it('is done when the files are switched, though the list of them cannot be kept', async () => {
    install();
    release('1.1.0');
    mkdirSync(join(projectDir, '.maj', 'releases', '1.1.0.json'), { recursive: true });
    const context = contextWith();
    await apply(context, '1.1.0');
    expect(await installedVersion(context)).toBe('1.1.0');
    expect(said(context)).toContain('record-late');
  });

  it('keeps the list for the next one when there was no room for it, which then carries what is yours', async () => {
    install();
    release('1.1.0', { 'dropped.php': 'x' });
    release('1.2.0');
    const listed = join(projectDir, '.maj', 'releases', '1.1.0.json');
    mkdirSync(listed, { recursive: true });
    await apply(contextWith(), '1.1.0');
    writeTree(app, { 'robots.txt': 'mine' });
    const context = contextWith();
    expect((await failureOf(apply(context, '1.2.0'))).code).toBe('file-failed');
    expect(await installedVersion(context)).toBe('1.1.0');
    rmSync(listed, { recursive: true });
    await apply(context, '1.2.0');
    expect(existsSync(listed)).toBe(true);
    expect(said(context)).not.toContain('release-unknown');
    expect(existsSync(join(app, 'dropped.php'))).toBe(false);
    expect(readFileSync(join(app, 'robots.txt'), 'utf8')).toBe('mine');
    expect(readdirSync(area()).filter((name) => name.startsWith('staged-'))).toEqual([]);
  });

  it('puts a verified package in the place of the application, keeps what persists, and the old files', async () => {
    install({ 'old.php': 'old' });
    release('1.1.0', { 'new.php': 'new' });
    const context = contextWith();
    const result = await apply(context, '1.1.0');
    expect(treePrint(app)).toMatchObject({
      VERSION: '644 1.1.0\n',
      'index.php': '644 of 1.1.0',
      'new.php': '644 new',
      '.env': '644 SECRET=1',
      'uploads/a.jpg': '644 jpg',
    });
    // Nothing tells that it is not the user's own.
    expect(readFileSync(join(app, 'old.php'), 'utf8')).toBe('old');
    const [kept, ...others] = readdirSync(area());
    expect(others).toEqual([]);
    expect(kept).toMatch(/^1\.0\.0-\d{8}T\d{6}Z$/);
    expect(treePrint(join(area(), kept ?? ''))).toMatchObject({
      'old.php': '644 old',
      'index.php': '644 old',
    });
    expect(statSync(area()).mode & 0o777).toBe(0o700);
    expect(result.text(en).join('\n')).toContain('Version 1.1.0');
    expect(said(context)).toContain('release-unknown');
    expect(said(context)).toContain('maintenance-not-managed');
  });

  it('prints the moves with --plan and changes nothing', async () => {
    install();
    const path = release('1.1.0');
    const before = treePrint(app);
    const result = await applyVerb.run(contextWith(), args([path], { plan: true }));
    expect(treePrint(app)).toEqual(before);
    expect(readdirSync(area())).toEqual([]);
    expect(result.text(en).join('\n')).toContain(`${app} -> ${area()}/1.0.0-`);
  });

  it('asks first, and leaves everything when the answer is no', async () => {
    install();
    release('1.1.0');
    const before = treePrint(app);
    const no = { ...args(['1.1.0']), confirm: () => Promise.reject(wrongUsage('no-verb', {})) };
    await failureOf(applyVerb.run(contextWith(), no));
    expect(treePrint(app)).toEqual(before);
    expect(readdirSync(area())).toEqual([]);
    await apply(contextWith(), '1.1.0');
    expect(asked.at(-1)).toContain('Replace version 1.0.0');
  });

  it('installs the first release where nothing is yet', async () => {
    mkdirSync(join(root, 'www'));
    release('1.1.0');
    await apply(contextWith(), '1.1.0');
    expect(readFileSync(join(app, 'VERSION'), 'utf8')).toBe('1.1.0\n');
  });

  it('follows a link in the place of the application, which stays', async () => {
    install();
    const link = join(root, 'link');
    symlinkSync(app, link);
    release('1.1.0');
    await apply(contextWith({ APP_DIR: link }), '1.1.0');
    expect(readlinkSync(link)).toBe(app);
    expect(readFileSync(join(app, 'index.php'), 'utf8')).toBe('of 1.1.0');
  });

  it('runs the dependencies command in the new tree, with the .env of the old one', async () => {
    install();
    release('1.1.0');
    const APP_DEPENDENCIES_COMMAND = 'mkdir vendor && cp .env vendor/seen && pwd > vendor/where';
    await apply(contextWith({ APP_DEPENDENCIES_COMMAND }), '1.1.0');
    expect(readFileSync(join(app, 'vendor', 'seen'), 'utf8')).toBe('SECRET=1');
    expect(readFileSync(join(app, 'vendor', 'where'), 'utf8')).toContain('.app.maj/staged-');
  });

  it('changes nothing when the dependencies cannot be installed, and says what the command said', async () => {
    install();
    release('1.1.0');
    const before = treePrint(app);
    const context = contextWith({ APP_DEPENDENCIES_COMMAND: 'echo no such package >&2; exit 3' });
    const failure = await failureOf(apply(context, '1.1.0'));
    expect(failure.code).toBe('hook-failed');
    expect(failure.message).toContain('no such package');
    expect(treePrint(app)).toEqual(before);
    expect(readdirSync(area())).toEqual([]);
  });
});

describe('a dependencies command that does not end', () => {
  it('is ended after APP_COMMAND_TIMEOUT, and nothing is changed', async () => {
    install();
    release('1.1.0');
    const before = treePrint(app);
    const begun = join(root, 'begun');
    const config = {
      APP_DEPENDENCIES_COMMAND: `echo resolving; : > ${begun}; sleep 600`,
      APP_COMMAND_TIMEOUT: overWhenThere(begun),
    };
    const failure = await failureOf(apply(contextWith(config), '1.1.0'));
    expect([failure.code, failure.exitCode]).toEqual(['hook-failed', 3]);
    expect(failure.message).toContain('SIGTERM (APP_COMMAND_TIMEOUT)\nresolving');
    expect(describeError(failure, en).hint).toContain('APP_COMMAND_TIMEOUT');
    expect(treePrint(app)).toEqual(before);
    expect(readdirSync(area())).toEqual([]);
  });

  it('is ended at once by whoever asks to stop', async () => {
    install();
    release('1.1.0');
    const before = treePrint(app);
    const stop = new AbortController();
    const context = { ...contextWith({ APP_DEPENDENCIES_COMMAND: 'sleep 600' }), signal: stop.signal };
    const running = failureOf(apply(context, '1.1.0'));
    const begun = (): boolean =>
      context.events.some((event) => event.type === 'step-started' && event.step === 'install-dependencies');
    while (!begun()) await context.clock.sleep(5);
    stop.abort();
    expect([(await running).code, (await running).exitCode]).toEqual(['interrupted', 130]);
    expect(treePrint(app)).toEqual(before);
    expect(readdirSync(area())).toEqual([]);
  });
});

describe('a second apply', () => {
  it('carries files that belong to no release, reports edited ones, and drops those that the release dropped', async () => {
    install();
    release('1.1.0', { 'dropped.php': 'x', 'edited.php': 'x', 'vendor/lib.php': 'lib' });
    release('1.2.0', { 'edited.php': 'y', 'coming.php': 'of the release' });
    await apply(contextWith({ APP_DEPENDENCIES_COMMAND: 'echo made > made-by-command' }), '1.1.0');
    writeTree(app, {
      'edited.php': 'edited here',
      'robots.txt': 'mine',
      'mine/deep/file.txt': 'mine',
      'coming.php': 'mine, but the release has it now',
    });
    mkdirSync(join(app, 'mine', 'empty'));
    symlinkSync('robots.txt', join(app, 'mine', 'link'));
    const context = contextWith();
    await apply(context, '1.2.0');
    expect(treePrint(app)).toEqual({
      ...Object.fromEntries([
        ['.env', '644 SECRET=1'],
        ['VERSION', '644 1.2.0\n'],
        ['coming.php', '644 of the release'],
        ['edited.php', '644 y'],
        ['index.php', '644 of 1.2.0'],
        ['mine/', '755'],
        ['mine/deep/', '755'],
        ['mine/deep/file.txt', '644 mine'],
        ['mine/empty/', '755'],
        ['mine/link', '-> robots.txt'],
        ['robots.txt', '644 mine'],
        ['uploads/', '755'],
        ['uploads/a.jpg', '644 jpg'],
      ]),
    });
    const modified = context.events.find((event) => 'note' in event && event.note === 'files-modified');
    expect(modified).toMatchObject({ facts: { paths: ['edited.php'] } });
    expect(said(context)).not.toContain('release-unknown');
  });

  it('leaves a folder of yours in the old tree where the release has a file of that name, and says so', async () => {
    install();
    release('1.1.0', { 'lib/a.php': 'x' });
    release('1.2.0', { docs: 'a file', lib: 'a file' });
    await apply(contextWith(), '1.1.0');
    writeTree(app, { 'docs/mine.txt': 'mine', 'lib/mine.php': 'mine', 'library/mine.php': 'mine' });
    const context = contextWith();
    await apply(context, '1.2.0');
    expect(treePrint(app)).toMatchObject({
      docs: '644 a file',
      lib: '644 a file',
      'library/mine.php': '644 mine',
    });
    const displaced = context.events.find((event) => 'note' in event && event.note === 'files-displaced');
    expect(displaced).toMatchObject({ facts: { paths: ['docs', 'docs/mine.txt', 'lib/mine.php'] } });
  });

  it('keeps from others what was kept from them here, and says which modes were set here', async () => {
    install();
    const files = { 'config.php': 'secret', 'opened.php': 'x', 'dropped.php': 'x' };
    release('1.1.0', files);
    await apply(contextWith(), '1.1.0');
    chmodSync(join(app, 'config.php'), 0o640);
    chmodSync(join(app, 'opened.php'), 0o666);
    const modeOf = (path: string): string => (statSync(join(app, path)).mode & 0o7777).toString(8);
    for (const version of ['1.2.0', '1.3.0']) {
      writePackage(packages, `app-${version}.tar.gz`, [
        ...releaseEntries(version, { 'opened.php': 'y' }),
        { name: 'config.php', content: `secret of ${version}`, mode: 0o755 },
      ]);
      const { changes } = await stagePackage(contextWith(), join(packages, `app-${version}.tar.gz`), {
        runId: 'look',
      });
      expect(changes.modes).toEqual(version === '1.2.0' ? ['config.php', 'opened.php'] : ['config.php']);
      await apply(contextWith(), version);
      expect([modeOf('config.php'), modeOf('opened.php')]).toEqual(['751', '644']);
      expect(readFileSync(join(app, 'config.php'), 'utf8')).toBe(`secret of ${version}`);
    }
  });

  it('does not count what the dependencies command makes anew as removed, unless there is no such command any more', async () => {
    install();
    release('1.1.0', { 'dropped.php': 'x' });
    release('1.2.0');
    const APP_DEPENDENCIES_COMMAND = 'mkdir vendor && echo a > vendor/a.php && echo b > vendor/b.php';
    await apply(contextWith({ APP_DEPENDENCIES_COMMAND }), '1.1.0');
    const plan = async (config: Partial<Config>): Promise<unknown> =>
      (await applyVerb.run(contextWith(config), args(['1.2.0'], { plan: true }))).data;
    const made = ['vendor/a.php', 'vendor/b.php'];
    expect(await plan({ APP_DEPENDENCIES_COMMAND })).toMatchObject({
      changes: { removed: ['dropped.php'], remade: made },
    });
    expect(await plan({})).toMatchObject({ changes: { removed: ['dropped.php', ...made], remade: [] } });
  });

  it('can be made after an undone one, and finds the application as it was', async () => {
    install();
    const context = contextWith();
    const before = treePrint(app);
    const staged = await stagePackage(context, release('1.1.0'), { runId: 'first', version: '1.1.0' });
    const plan = await prepareSwitch(context, staged);
    await applyMoves(plan);
    expect(await installedVersion(context)).toBe('1.1.0');
    await undoMoves(plan);
    expect(treePrint(app)).toEqual(before);
    await apply(context, '1.1.0');
    expect(await installedVersion(context)).toBe('1.1.0');
  });

  it('removes what a run left that was killed while it staged, with the half of a list', async () => {
    install();
    const context = contextWith();
    const staged = await stagePackage(context, release('1.1.0'), { runId: 'first' });
    writeFileSync(`${staged.list}.0a1b2c3d.tmp`, '{');
    const next = await stagePackage(context, release('1.2.0'), { runId: 'second' });
    const left = readdirSync(area()).filter((name) => name.startsWith('staged-'));
    expect(left.sort()).toEqual([basename(next.folder), basename(next.list)]);
  });

  it('does not remove the staged tree of a switch that was cut off, for the uploads may be in it', async () => {
    install();
    const context = contextWith();
    const staged = await stagePackage(context, release('1.1.0'), { runId: 'first' });
    const plan = await prepareSwitch(context, staged);
    await applyMoves({ ...plan, moves: plan.moves.slice(0, 2) });
    writeFileSync(`${staged.folder}.moving`, '');
    expect(existsSync(join(app, 'uploads'))).toBe(false);
    await stagePackage(context, release('1.2.0'), { runId: 'second' });
    await undoMoves(plan);
    expect(readFileSync(join(app, 'uploads', 'a.jpg'), 'utf8')).toBe('jpg');
  });
});

describe('the new tree', () => {
  it('keeps the maintenance flag while it is set, and does not get it otherwise', async () => {
    install();
    const context = contextWith({ MAINTENANCE_FILE: 'storage/down' });
    await setMaintenance(context, 'on', 'upgrade');
    const staged = await stagePackage(context, release('1.1.0'), { runId: 'run' });
    expect(existsSync(join(staged.folder, 'storage', 'down'))).toBe(false);
    const plan = await prepareSwitch(context, staged);
    expect(readFileSync(join(staged.folder, 'storage', 'down'), 'utf8')).toContain('upgrade');
    await setMaintenance(context, 'off');
    await prepareSwitch(context, staged);
    expect(existsSync(join(staged.folder, 'storage', 'down'))).toBe(false);
    await applyMoves(plan);
  });

  it('gets copies of persistent files only for a dependencies command', async () => {
    install();
    const file = release('1.1.0');
    for (const config of [{}, { APP_DEPENDENCIES_COMMAND: 'true' }]) {
      const context = contextWith(config);
      const { folder } = await stagePackage(context, file, { runId: 'run' });
      // What a plan goes no further than.
      expect(existsSync(join(folder, '.env'))).toBe(false);
      expect(await installDependencies(context, folder)).toBe(existsSync(join(folder, '.env')));
    }
  });

  it('does not take the place of persistent files with its own', async () => {
    install();
    const context = contextWith();
    release('1.1.0', { '.env': 'SECRET=of the package', 'uploads/.gitkeep': '', 'uploads/demo.jpg': 'demo' });
    await apply(context, '1.1.0');
    const print = treePrint(app);
    expect(print['.env']).toBe('644 SECRET=1');
    expect(Object.keys(print).filter((path) => path.startsWith('uploads/'))).toEqual([
      'uploads/',
      'uploads/a.jpg',
    ]);
    expect(said(context)).toContain('package-ships-persistent');
  });

  it('has the package’s own where the application had none yet', async () => {
    install();
    rmSync(join(app, 'uploads'), { recursive: true });
    release('1.1.0', { 'uploads/demo.jpg': 'demo' });
    await apply(contextWith(), '1.1.0');
    expect(readFileSync(join(app, 'uploads', 'demo.jpg'), 'utf8')).toBe('demo');
  });

  it('gets files that appeared after it was staged', async () => {
    install();
    const first = contextWith();
    release('1.1.0');
    await apply(first, '1.1.0');
    const context = contextWith();
    const staged = await stagePackage(context, release('1.2.0'), { runId: 'run' });
    writeTree(app, { 'report.csv': 'made meanwhile' });
    await applyMoves(await prepareSwitch(context, staged));
    expect(readFileSync(join(app, 'report.csv'), 'utf8')).toBe('made meanwhile');
  });

  it('has the modes of the folders that were there, and the owners of the old tree where we may give them', async () => {
    install({ 'cache/x': 'x' });
    execFileSync('chmod', ['2775', join(app, 'cache')]);
    const mayChown = process.getuid?.() === 0;
    if (mayChown) for (const path of ['', 'cache', 'index.php']) chownSync(join(app, path), 1234, 1235);
    release('1.1.0', { 'cache/y': 'y', 'lib/z': 'z' });
    await apply(contextWith(), '1.1.0');
    expect(statSync(join(app, 'cache')).mode & 0o7777).toBe(0o2775);
    const owner = mayChown ? 1234 : process.getuid?.();
    for (const path of ['', 'cache', 'cache/y', 'lib', 'lib/z', 'index.php'])
      expect([path, statSync(join(app, path)).uid]).toEqual([path, owner]);
  });
});

describe('apply refuses', () => {
  it.each<[string, () => string, number, string]>([
    [
      'a package without a sum',
      () => writePackage(packages, 'a.tgz', releaseEntries('1.1.0'), false),
      3,
      'package-sum-missing',
    ],
    [
      'a package whose sum is wrong',
      () => {
        const path = release('1.1.0');
        writeFileSync(`${path}.sha256`, `${'0'.repeat(64)}  app-1.1.0.tar.gz\n`);
        return path;
      },
      4,
      'package-sum-wrong',
    ],
    [
      'a package whose sum is of another file',
      () => {
        const path = release('1.1.0');
        writeFileSync(`${path}.sha256`, `${'0'.repeat(64)}  other.tar.gz\n`);
        return path;
      },
      3,
      'package-sum-missing',
    ],
    ['the installed version', () => release('1.0.0'), 3, 'version-same'],
    ['an older version', () => release('0.9.0'), 3, 'version-older'],
    [
      'a package that is of another version than its name says',
      () => {
        writePackage(packages, 'app-1.1.0.tar.gz', releaseEntries('1.2.0'));
        return '1.1.0';
      },
      3,
      'version-other',
    ],
    [
      'a package without a version',
      () => writePackage(packages, 'a.tgz', [{ name: 'x' }]),
      3,
      'version-file-missing',
    ],
    [
      'a version that is none',
      () => writePackage(packages, 'a.tgz', releaseEntries('newest')),
      3,
      'version-invalid',
    ],
    [
      'a form that is none',
      () => writePackage(packages, 'a-1.1.0.tar.xz', Buffer.from('x')),
      3,
      'package-form',
    ],
    [
      'a version in a form that is none',
      () => (writePackage(packages, 'a-1.1.0.tar.xz', Buffer.from('x')), '1.1.0'),
      3,
      'package-form',
    ],
    ['a version that is not there', () => (release('1.1.0'), '1.3.0'), 3, 'package-not-found'],
    ['a file that is not there', () => 'nowhere.tgz', 3, 'package-missing'],
    [
      'a version that two packages are of',
      () => {
        release('1.1.0');
        writePackage(packages, 'other-1.1.0.tgz', releaseEntries('1.1.0'));
        return '1.1.0';
      },
      3,
      'package-ambiguous',
    ],
  ])('%s', async (_, prepare, exitCode, code) => {
    install();
    mkdirSync(packages, { recursive: true });
    const wanted = prepare();
    const before = treePrint(app);
    const failure = await failureOf(apply(contextWith(), wanted));
    expect([failure.code, failure.exitCode]).toEqual([code, exitCode]);
    expect(treePrint(app)).toEqual(before);
    expect(existsSync(area()) ? readdirSync(area()) : []).toEqual([]);
  });

  it('takes the sum from SHA256SUMS too', async () => {
    install();
    const path = release('1.1.0');
    renameSync(`${path}.sha256`, join(packages, 'SHA256SUMS'));
    await apply(contextWith(), path);
    expect(await installedVersion(contextWith())).toBe('1.1.0');
  });

  it('a project or backups inside the application that it would replace', async () => {
    install();
    release('1.1.0');
    mkdirSync(join(app, 'tools'));
    projectDir = join(app, 'tools');
    const inside = await failureOf(apply(contextWith(), '1.1.0'));
    expect([inside.code, inside.exitCode]).toEqual(['inside-application', 2]);
    projectDir = join(root, 'project');
    const backups = await failureOf(apply(contextWith({ BACKUP_DIR: join(app, 'backups') }), '1.1.0'));
    expect(backups.code).toBe('inside-application');
    expect(describeError(backups, en).hint).toContain('BACKUP_DIR');
  });

  it('a persistent path outside of the application', async () => {
    install();
    release('1.1.0');
    const failure = await failureOf(apply(contextWith({ APP_PERSIST: ['../x'] }), '1.1.0'));
    expect([failure.code, failure.exitCode]).toEqual(['persist-invalid', 2]);
  });

  it('a place where it cannot keep the staged tree, and names it', async () => {
    install();
    release('1.1.0');
    writeFileSync(area(), 'a file in the way');
    const failure = await failureOf(apply(contextWith(), '1.1.0'));
    expect(failure.code).toBe('file-failed');
    expect(failure.message).toContain(area());
  });

  it('a system folder that is a mount point', async () => {
    release('1.1.0');
    const failure = await failureOf(apply(contextWith({ APP_DIR: '/proc' }), '1.1.0'));
    expect(failure.code).toBe('is-mount-point');
  });
});

describe('the releases layout', () => {
  const releasesContext = (config: Partial<Config> = {}): TestContext =>
    contextWith({ APP_LAYOUT: 'releases', ...config });

  it('runs the dependencies command with a copy of the shared .env, in whose place the link comes', async () => {
    writeTree(join(app, 'shared'), { '.env': 'SECRET=1', 'config/local.php': 'local' });
    const config = {
      APP_PERSIST: ['.env', 'config/local.php'],
      APP_DEPENDENCIES_COMMAND:
        'mkdir vendor && cat .env config/local.php > vendor/seen && echo more >> .env',
    };
    for (const version of ['1.0.0', '1.1.0']) {
      release(version, { 'config/app.php': 'app' });
      await apply(releasesContext(config), version);
      const tree = join(app, 'releases', version);
      expect(readFileSync(join(tree, 'vendor', 'seen'), 'utf8')).toBe('SECRET=1local');
      expect(readlinkSync(join(tree, '.env'))).toBe('../../shared/.env');
      expect(readlinkSync(join(tree, 'config', 'local.php'))).toBe('../../../shared/config/local.php');
    }
    expect(readFileSync(join(app, 'shared', '.env'), 'utf8')).toBe('SECRET=1');
  });

  it('keeps releases side by side, what persists in shared, and switches one link', async () => {
    release('1.0.0', { '.env.example': 'x', 'uploads/demo.jpg': 'demo' });
    release('1.1.0', { 'uploads/other.jpg': 'other' });
    mkdirSync(app, { recursive: true });
    await apply(releasesContext(), '1.0.0');
    expect(readlinkSync(join(app, 'current'))).toBe('releases/1.0.0');
    writeFileSync(join(app, 'current', 'uploads', 'user.jpg'), 'user');
    await apply(releasesContext(), '1.1.0');
    expect(readlinkSync(join(app, 'current'))).toBe('releases/1.1.0');
    expect(readdirSync(join(app, 'releases'))).toEqual(['1.0.0', '1.1.0']);
    expect(readdirSync(join(app, 'shared', 'uploads'))).toEqual(['demo.jpg', 'user.jpg']);
    expect(readlinkSync(join(app, 'current', 'uploads'))).toBe('../../shared/uploads');
    expect(readFileSync(join(app, 'current', 'uploads', 'user.jpg'), 'utf8')).toBe('user');
    expect(readdirSync(join(app, '.maj'))).toEqual([]);
  });

  it('makes links of yours that lead into the old release lead to the same place in the new one', async () => {
    const config: Partial<Config> = { APP_LAYOUT: 'releases', APP_PERSIST: ['storage'] };
    release('1.0.0', { 'public/index.php': 'x', 'storage/app/public/a.jpg': 'jpg' });
    release('1.1.0', { 'public/index.php': 'y', 'storage/app/public/a.jpg': 'jpg' });
    mkdirSync(app, { recursive: true });
    await apply(contextWith(config), '1.0.0');
    const old = join(app, 'releases', '1.0.0');
    symlinkSync(app, join(root, 'alias'));
    const links: Readonly<Record<string, readonly [string, string]>> = {
      'public/storage': [join(old, 'storage/app/public'), '../storage/app/public'],
      'public/aliased': [join(root, 'alias/releases/1.0.0/public'), '.'],
      top: [`${old}/`, '.'],
      gone: [join(old, 'not/there'), 'not/there'],
      current: [join(app, 'current', 'public'), join(app, 'current', 'public')],
      shared: [join(app, 'shared', 'storage'), join(app, 'shared', 'storage')],
      beside: [`${old}.txt`, `${old}.txt`],
      relative: ['public/index.php', 'public/index.php'],
    };
    for (const [path, [target]] of Object.entries(links)) symlinkSync(target, join(old, path));
    await apply(contextWith(config), '1.1.0');
    for (const [path, [, carried]] of Object.entries(links))
      expect([path, readlinkSync(join(app, 'current', path))]).toEqual([path, carried]);
    rmSync(old, { recursive: true });
    expect(readFileSync(join(app, 'current', 'public', 'storage', 'a.jpg'), 'utf8')).toBe('jpg');
  });

  it('refuses a current that is no link', async () => {
    mkdirSync(join(app, 'current'), { recursive: true });
    release('1.1.0');
    expect((await failureOf(apply(releasesContext(), '1.1.0'))).code).toBe('current-not-link');
  });
});

it('a package is checked without an application', async () => {
  const report = await checkPackage(testContext(), release('1.1.0'));
  expect(report).toMatchObject({ version: '1.1.0', files: 2 });
});
