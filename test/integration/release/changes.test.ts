import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../scripts/config/settings.ts';
import { completeStaged } from '../../../scripts/release/copy/complete-staged.ts';
import { carryLate } from '../../../scripts/release/copy/late-writes.ts';
import { recordInstalled } from '../../../scripts/release/installed.ts';
import { prepareSwitch } from '../../../scripts/release/prepare.ts';
import { clockOf } from '../../../scripts/release/snapshot.ts';
import { stagePackage } from '../../../scripts/release/stage.ts';
import { applyMoves } from '../../../scripts/release/switch.ts';
import type { StagedRelease } from '../../../scripts/release/types.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { releaseEntries, treePrint, writePackage, writeTree } from '../../helpers/packages.ts';
import { forRoot } from '../../helpers/root.ts';

let root: string;
let app: string;
let context: TestContext;
const mounts: string[] = [];

const contextWith = (config: Partial<Config> = {}): TestContext =>
  testContext({ projectDir: join(root, 'project'), config: { APP_DIR: app, ...config } });

const release = (version: string, files: Readonly<Record<string, string>> = {}): string =>
  writePackage(join(root, 'packages'), `app-${version}.tgz`, releaseEntries(version, files));

const stage = (version: string, files: Readonly<Record<string, string>> = {}): Promise<StagedRelease> =>
  stagePackage(context, release(version, files), { runId: version.replaceAll('.', '') });

/** Installs a first release by maj itself, so that its list is known. */
async function installFirst(files: Readonly<Record<string, string>>): Promise<void> {
  const staged = await stage('1.0.0', files);
  await applyMoves(await prepareSwitch(context, staged));
  await recordInstalled(context, staged);
  writeTree(app, { '.env': 'DB_PASSWORD=hunter2', 'uploads/a.jpg': 'jpg' });
  await nextTick();
}

/** Waits for the clock of the file system, which goes on by ticks: what is there by now is older than what comes after. */
async function nextTick(): Promise<void> {
  const probe = join(root, 'probe');
  writeFileSync(probe, '');
  const now = clockOf(probe);
  while (clockOf(probe) === now) await setTimeout(1);
}

beforeEach(() => {
  root = temporaryFolder('changes');
  app = join(root, 'app');
  mkdirSync(join(root, 'project'));
  context = contextWith();
});

afterEach(async () => {
  // Folders are let go when the event loop turns.
  await setImmediate();
  for (const point of mounts.splice(0)) execFileSync('umount', [point]);
});

function mount(point: string): void {
  mkdirSync(point, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', point]);
  mounts.push(point);
}

/** Makes a file whose name is in Latin-1, as old uploads and archives have them. */
function touchLatin1(folder: string): void {
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]), 'x');
}

/** What was said under this name, once. */
const said = (name: string): unknown =>
  context.events.flatMap((event) => ('note' in event && event.note === name ? [event.facts] : [])).at(-1);

describe('before anything changes', () => {
  it('the files are compared, and the difference of edited ones is shown, of texts that hold no secrets', async () => {
    await installFirst({
      'index.php': 'one\ntwo\n',
      'dropped.php': 'x',
      'config.php': "<?php\n$host = 'of-the-release';\n",
      'boot.php': "<?php\n$password = 'of-the-release';\n",
      'logo.png': 'a\0b',
      'secrets.yml': 'key: of-the-release',
      'gone.php': 'x',
    });
    writeTree(app, {
      'index.php': 'one\n2\n',
      'config.php': "<?php\n$host = 'hunter2';\n",
      'boot.php': "<?php\n$password = 'hunter2';\n$debug = true;\n",
      'logo.png': 'a\0c',
      'secrets.yml': 'key: hunter2',
      'robots.txt': 'mine',
      'notes.txt': 'mine',
    });
    rmSync(join(app, 'gone.php'));
    const files = { 'index.php': 'of 1.1.0', 'robots.txt': 'of 1.1.0', 'new.php': 'new' };
    const { changes } = await stage('1.1.0', files);
    expect(changes).toEqual({
      known: true,
      added: ['new.php'],
      changed: ['VERSION', 'index.php', 'robots.txt'],
      removed: ['boot.php', 'config.php', 'dropped.php', 'logo.png', 'secrets.yml'],
      remade: [],
      modified: ['boot.php', 'config.php', 'index.php', 'logo.png', 'secrets.yml'],
      modes: [],
      deleted: ['gone.php'],
      displaced: ['robots.txt'],
      carried: ['notes.txt'],
    });
    expect(said('files-modified')).toMatchObject({
      files: [
        {
          kind: 'diff',
          path: 'boot.php',
          lines: expect.arrayContaining(['+…', '+$debug = true;']) as unknown,
        },
        { kind: 'secret', path: 'config.php' },
        { kind: 'diff', path: 'index.php', lines: expect.arrayContaining(['-two', '+2']) as unknown },
        { kind: 'binary', path: 'logo.png' },
        { kind: 'secret', path: 'secrets.yml' },
      ],
    });
    expect(JSON.stringify(context.events)).not.toContain('hunter2');
  });

  it('an edited file is only named when the package that it came in is gone, or is another one', async () => {
    await installFirst({ 'index.php': 'one\n' });
    writeTree(app, { 'index.php': 'two\n' });
    release('1.0.0', { 'index.php': 'of another package\n' });
    await stage('1.1.0', { 'index.php': 'of 1.1.0' });
    const named = { files: [{ kind: 'no-original', path: 'index.php' }] };
    expect(said('files-modified')).toMatchObject(named);
    rmSync(join(root, 'packages', 'app-1.0.0.tgz'));
    await stage('1.1.0', { 'index.php': 'of 1.1.0' });
    expect(said('files-modified')).toMatchObject(named);
  });
});

describe('a release that was completed before the window', () => {
  it('gets what was made and changed since, and loses what was removed; the rest is not copied again', async () => {
    await installFirst({ 'index.php': 'x', 'lib/a.php': 'x', 'old/b.php': 'x' });
    writeTree(app, {
      'cache/one': '1',
      'cache/two': '2',
      'cache/deep/three': '3',
      'still.log': 'as it was',
    });
    const staged = await stage('1.1.0', { 'index.php': 'y', 'lib/a.php': 'y' });
    await nextTick();
    const completed = await completeStaged(context, staged);
    expect(readFileSync(join(staged.folder, 'cache', 'one'), 'utf8')).toBe('1');

    appendFileSync(join(app, 'cache', 'one'), ' and more');
    rmSync(join(app, 'cache', 'two'));
    rmSync(join(app, 'cache', 'deep'), { recursive: true });
    writeTree(app, { 'lib/mine.php': 'mine', 'old/mine.txt': 'mine', 'made/late/x.txt': 'late' });
    symlinkSync('cache/one', join(app, 'link'));
    // Shows that what did not change is left alone: this is not how it was copied.
    writeFileSync(join(staged.folder, 'still.log'), 'not copied again');
    await applyMoves(await prepareSwitch(context, staged, completed));

    const print = treePrint(app);
    expect(print).toMatchObject({
      'cache/one': '644 1 and more',
      'index.php': '644 y',
      'lib/a.php': '644 y',
      'lib/mine.php': '644 mine',
      'old/mine.txt': '644 mine',
      'made/late/x.txt': '644 late',
      link: '-> cache/one',
      'uploads/a.jpg': '644 jpg',
    });
    expect(Object.keys(print).filter((path) => /two|deep|b\.php/.test(path))).toEqual([]);
    expect(print['still.log']).toBe('644 not copied again');
    expect(said('files-carried-late')).toMatchObject({
      paths: expect.arrayContaining(['cache/one']) as unknown,
    });
  });

  forRoot(() => {
    it('keeps owners, modes and links of all that is carried, whenever it was made', async () => {
      await installFirst({ 'index.php': 'x' });
      writeTree(app, { 'mine/tool': 'early' });
      chmodSync(join(app, 'mine', 'tool'), 0o4750);
      chownSync(join(app, 'mine', 'tool'), 1234, 1235);
      chmodSync(join(app, 'mine', 'tool'), 0o4750);
      chmodSync(join(app, 'mine'), 0o2770);
      chownSync(join(app, 'uploads', 'a.jpg'), 33, 34);
      chmodSync(join(app, 'uploads', 'a.jpg'), 0o640);
      symlinkSync('/nowhere/at/all', join(app, 'mine', 'dangling'));
      const staged = await stage('1.1.0', { 'index.php': 'y' });
      const completed = await completeStaged(context, staged);
      writeTree(app, { 'late/deep/tool': 'late' });
      chownSync(join(app, 'late'), 1236, 1237);
      chmodSync(join(app, 'late'), 0o2771);
      chownSync(join(app, 'late', 'deep', 'tool'), 1238, 1239);
      chmodSync(join(app, 'late', 'deep', 'tool'), 0o710);
      const inode = statSync(join(app, 'uploads', 'a.jpg')).ino;
      await applyMoves(await prepareSwitch(context, staged, completed));
      const print = (path: string): unknown[] => {
        const { uid, gid, mode } = lstatSync(join(app, path));
        return [path, uid, gid, (mode & 0o7777).toString(8)];
      };
      expect(['mine', 'mine/tool', 'late', 'late/deep/tool', 'uploads/a.jpg'].map(print)).toEqual([
        ['mine', 0, 0, '2770'],
        ['mine/tool', 1234, 1235, '4750'],
        ['late', 1236, 1237, '2771'],
        ['late/deep/tool', 1238, 1239, '710'],
        ['uploads/a.jpg', 33, 34, '640'],
      ]);
      expect(readlinkSync(join(app, 'mine', 'dangling'))).toBe('/nowhere/at/all');
      // What persists is moved, not copied.
      expect(statSync(join(app, 'uploads', 'a.jpg')).ino).toBe(inode);
    });
  });
});

describe('what is written to the old tree while it is switched', () => {
  it('is copied where it belongs to no release, and named where the new one has a file of its own', async () => {
    await installFirst({ 'index.php': 'x' });
    writeTree(app, { 'app.log': 'a line\n', 'early.txt': 'early' });
    const staged = await stage('1.1.0', { 'index.php': 'y' });
    const completed = await completeStaged(context, staged);
    const plan = await prepareSwitch(context, staged, completed);
    writeTree(app, { 'index.php': 'edited too late', 'mine/late.txt': 'late' });
    appendFileSync(join(app, 'app.log'), 'another line\n');
    await applyMoves(plan);
    expect(await carryLate(context, completed.goesAlong, plan)).toEqual([
      'app.log',
      'index.php',
      'mine/late.txt',
    ]);
    expect(treePrint(app)).toMatchObject({
      'app.log': '644 a line\n',
      'index.php': '644 y',
      'mine/late.txt': '644 late',
      'early.txt': '644 early',
    });
    expect(said('files-written-late')).toEqual({
      copied: ['mine/late.txt'],
      left: ['app.log', 'index.php'],
      kept: plan.kept,
    });
  });

  it('is named where a file was edited after the changes had been shown', async () => {
    await installFirst({ 'index.php': 'x', 'same.php': 'same' });
    const staged = await stage('1.1.0', { 'index.php': 'y', 'same.php': 'same' });
    writeTree(app, { 'index.php': 'edited before the window', 'mine/new.txt': 'new' });
    const completed = await completeStaged(context, staged);
    const plan = await prepareSwitch(context, staged, completed);
    await applyMoves(plan);
    await carryLate(context, completed.goesAlong, plan);
    expect(said('files-written-late')).toEqual({ copied: [], left: ['index.php'], kept: plan.kept });
    expect(treePrint(app)).toMatchObject({ 'index.php': '644 y', 'mine/new.txt': '644 new' });
  });

  it('does not come back where it had gone along, and was removed in the new tree since: a cache that was cleared', async () => {
    await installFirst({ 'index.php': 'x' });
    const staged = await stage('1.1.0', { 'index.php': 'y' });
    writeTree(app, { 'cache/page.html': 'of the old version', 'worker.pid': '7' });
    const completed = await completeStaged(context, staged);
    await nextTick();
    const plan = await prepareSwitch(context, staged, completed);
    await applyMoves(plan);
    expect(treePrint(app)).toMatchObject({ 'cache/page.html': '644 of the old version' });
    rmSync(join(app, 'cache', 'page.html'));
    rmSync(join(app, 'worker.pid'));
    expect(await carryLate(context, completed.goesAlong, plan)).toEqual([]);
    expect(Object.keys(treePrint(app)).filter((path) => /page|pid/.test(path))).toEqual([]);
  });

  forRoot(() => {
    it('is not copied through a link of the new tree, and has setuid only once it has its owner', async () => {
      await installFirst({ 'index.php': 'x' });
      const staged = await stage('1.1.0', { 'index.php': 'y' });
      const completed = await completeStaged(context, staged);
      const plan = await prepareSwitch(context, staged, completed);
      writeTree(app, {
        'linked/late.sh': 'late',
        'linked/deep/late.sh': 'late',
        tool: 'late',
        'tool-of-root': 'late',
        'taken/x': 'late',
      });
      chownSync(join(app, 'tool'), 1234, 1235);
      for (const tool of ['tool', 'tool-of-root']) chmodSync(join(app, tool), 0o4755);
      await applyMoves(plan);
      const outside = join(root, 'outside');
      mkdirSync(outside);
      symlinkSync(outside, join(app, 'linked'));
      writeTree(app, { taken: 'a file of the new one' });
      await carryLate(context, completed.goesAlong, plan);
      expect(readdirSync(outside)).toEqual([]);
      expect(said('files-written-late')).toEqual({
        copied: ['tool', 'tool-of-root'],
        left: ['linked/deep/late.sh', 'linked/late.sh', 'taken/x'],
        kept: plan.kept,
      });
      const [tool, ofRoot] = ['tool', 'tool-of-root'].map((name) => statSync(join(app, name)));
      expect([tool?.uid, (tool?.mode ?? 0) & 0o7777]).toEqual([1234, 0o4755]);
      // Whoever could bring it there would be root.
      expect([ofRoot?.uid, (ofRoot?.mode ?? 0) & 0o7777]).toEqual([0, 0o755]);
      expect(said('setuid-not-kept')).toEqual({ paths: [join(app, 'tool-of-root')] });
    });
  });

  it('leads to the new release where it is a link into the old one', async () => {
    context = contextWith({ APP_LAYOUT: 'releases' });
    mkdirSync(app, { recursive: true });
    await installFirst({ 'index.php': 'x' });
    const staged = await stage('1.1.0', { 'index.php': 'y' });
    const completed = await completeStaged(context, staged);
    const old = join(app, 'releases', '1.0.0');
    symlinkSync(join(old, 'index.php'), join(old, 'early'));
    const plan = await prepareSwitch(context, staged, completed);
    symlinkSync(join(old, 'index.php'), join(old, 'late'));
    await applyMoves(plan);
    await carryLate(context, completed.goesAlong, plan);
    expect(['early', 'late'].map((path) => readlinkSync(join(app, 'current', path)))).toEqual([
      'index.php',
      'index.php',
    ]);
  });

  it('stays and is named where its name is not UTF-8', async () => {
    await installFirst({ 'index.php': 'x' });
    const staged = await stage('1.1.0', { 'index.php': 'y' });
    const completed = await completeStaged(context, staged);
    const plan = await prepareSwitch(context, staged, completed);
    touchLatin1(app);
    await applyMoves(plan);
    await carryLate(context, completed.goesAlong, plan);
    expect(said('files-written-late')).toEqual({ copied: [], left: ['caf\ufffd'], kept: plan.kept });
    expect(readdirSync(plan.kept ?? '', 'latin1')).toContain('caf\u00e9');
  });

  it('is nothing where nobody wrote', async () => {
    await installFirst({ 'index.php': 'x' });
    const staged = await stage('1.1.0', { 'index.php': 'y' });
    const completed = await completeStaged(context, staged);
    const plan = await prepareSwitch(context, staged, completed);
    await applyMoves(plan);
    expect(await carryLate(context, completed.goesAlong, plan)).toEqual([]);
  });
});

describe('a file whose name is not UTF-8', () => {
  it('is refused before anything is done, for the new tree would not have it', async () => {
    await installFirst({ 'index.php': 'x' });
    touchLatin1(app);
    const failure = await failureOf(stage('1.1.0'));
    expect([failure.code, failure.exitCode]).toEqual(['file-name-unreadable', 3]);
    expect(failure.message).toContain(join(app, 'caf'));
  });

  it('is refused as well when it is made once the release was completed', async () => {
    await installFirst({ 'index.php': 'x', 'lib/a.php': 'x' });
    const staged = await stage('1.1.0', { 'index.php': 'y' });
    const completed = await completeStaged(context, staged);
    touchLatin1(join(app, 'lib'));
    expect((await failureOf(prepareSwitch(context, staged, completed))).code).toBe('file-name-unreadable');
  });

  it('is no matter in what persists: that is moved as it is', async () => {
    await installFirst({ 'index.php': 'x' });
    touchLatin1(join(app, 'uploads'));
    await applyMoves(await prepareSwitch(context, await stage('1.1.0')));
    expect(readdirSync(join(app, 'uploads'), 'latin1')).toContain('caf\u00e9');
  });
});

forRoot(() => {
  describe('a mount point', () => {
    it.each<[string, string, Partial<Config>, string]>([
      ['that is the application', '', {}, 'is-mount-point'],
      ['that is a persistent folder', 'uploads', {}, 'is-mount-point'],
      ['anywhere else in it', 'var/cache', {}, 'mounted-within'],
      ['in the release that runs', 'releases/1.0.0/var', { APP_LAYOUT: 'releases' }, 'mounted-within'],
    ])('%s is refused with the reason, before anything is unpacked', async (_, where, config, code) => {
      context = contextWith(config);
      mount(join(app, where));
      if (config.APP_LAYOUT === 'releases') symlinkSync('releases/1.0.0', join(app, 'current'));
      const failure = await failureOf(stage('1.1.0'));
      expect([failure.code, failure.exitCode]).toEqual([code, 3]);
      expect(failure.message).toContain(join(app, where));
    });

    it('within a persistent folder moves along with it', async () => {
      await installFirst({ 'index.php': 'x' });
      mount(join(app, 'uploads', 'disk'));
      writeFileSync(join(app, 'uploads', 'disk', 'b.jpg'), 'on the disk');
      await applyMoves(await prepareSwitch(context, await stage('1.1.0')));
      expect(readFileSync(join(app, 'uploads', 'disk', 'b.jpg'), 'utf8')).toBe('on the disk');
      expect(readFileSync(join(app, 'VERSION'), 'utf8')).toBe('1.1.0\n');
    });

    it('in the place of our own folder is another file system: refused', async () => {
      await installFirst({ 'index.php': 'x' });
      mount(join(root, '.app.maj'));
      expect((await failureOf(stage('1.1.0'))).code).toBe('not-one-file-system');
    });
  });
});
