import { execFileSync } from 'node:child_process';
import fs, {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { auditFiles } from '../../../scripts/application/file-permissions.ts';
import { filesBeside, linesOf } from '../../../scripts/application/log-position.ts';
import { setMaintenance } from '../../../scripts/application/maintenance.ts';
import { lookAgain } from '../../../scripts/backup/files/changes-since.ts';
import { archiveFiles } from '../../../scripts/backup/files/write-archive.ts';
import { MajError } from '../../../scripts/core/errors.ts';
import { compareLive, listTree } from '../../../scripts/release/changes.ts';
import { adoptAttributes } from '../../../scripts/release/copy/carry-attributes.ts';
import { adoptOwners, adoptOwnersOf, copyInto } from '../../../scripts/release/copy/copy-tree.ts';
import { copyForDependencies, linkShared, makeRoom } from '../../../scripts/release/copy/persistent-files.ts';
import { changedSince, takeSnapshot } from '../../../scripts/release/snapshot.ts';
import { applyMoves, undoMoves } from '../../../scripts/release/switch.ts';
import type { SwitchPlan } from '../../../scripts/release/types.ts';
import { versionIn } from '../../../scripts/release/version.ts';
import {
  makePrivateFolder,
  namesIn,
  readIfThere,
  remove,
  writeDurably,
} from '../../../scripts/system/files.ts';
import { flushPaths } from '../../../scripts/system/flush.ts';
import { runsAsRoot } from '../../../scripts/system/process/identity.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';

/** What a place works on: the application's tree, which another user may write to, and ours beside it. */
interface Trees {
  readonly app: string;
  readonly ours: string;
  readonly context: TestContext;
}

const paths = ['a', 'a/b', 'a/b/file', 'a/b/link', 'a/file'];

const planOf = ({ app, ours }: Trees): SwitchPlan => ({
  moves: [
    { kind: 'rename', from: join(app, 'a/b/file'), to: join(ours, 'moved'), witness: 'to' },
    { kind: 'link', path: join(app, 'a/b/current'), before: null, after: 'file' },
  ],
  kept: null,
  strays: join(ours, 'strays'),
  oldInode: null,
});

/**
 * Every place that touches files of the application, by what it is called. Each returns what it has read. A new place belongs
 * in here.
 */
const places: Readonly<Record<string, (trees: Trees) => unknown>> = {
  'copying what goes along': ({ app, ours }) => copyInto(app, ours, paths),
  'copying into the tree that runs': ({ app, ours }) => copyInto(ours, app, paths),
  'owners and modes of a staged tree': async ({ app, ours, context }) => {
    await adoptOwners(context, ours, app, new Map(), new Map());
  },
  'owners and modes of some paths of the tree that runs': ({ app, ours, context }) => {
    adoptOwnersOf(context, app, ours, ['a/b/file'], new Map());
  },
  attributes: ({ app, ours, context }) => adoptAttributes(context, ours, app, new Set(paths)),
  'a snapshot': async ({ app, ours }) => {
    const snapshot = await takeSnapshot(app, () => false, join(ours, 'a/file'));
    return changedSince(snapshot, () => false, paths);
  },
  'the list of a release': ({ app, context }) => listTree(context, app, []),
  'the comparison with a release': ({ app, context }) =>
    compareLive(
      context,
      app,
      {
        installed: undefined,
        coming: [{ type: 'file', path: 'a/b/file', bytes: 6, sha256: 'x' }],
      },
      [],
    ),
  'the version': ({ app }) =>
    versionIn(app, { APP_VERSION_FILE: 'a/b/file', APP_VERSION_PATTERN: undefined }),
  'a log': async ({ app }) => {
    const lines: string[] = [];
    const part = { path: join(app, 'a/b/file'), from: 0, to: 100 };
    for await (const piece of linesOf(part)) lines.push(...piece.lines);
    return [...lines, await filesBeside(part.path)];
  },
  'the archive of a backup': async ({ app, ours, context }) => {
    const read: Buffer[] = [];
    const writer = {
      write: (data: Buffer) => {
        read.push(Buffer.from(data));
        return Promise.resolve();
      },
      finish: () => Promise.resolve(),
      abort: () => undefined,
    };
    const tree = { root: app, leaveOut: new Set<string>() };
    await archiveFiles(context, tree, writer, join(ours, 'files.list'), () => undefined);
    return Buffer.concat(read).toString('latin1');
  },
  'a second look at what was archived': async ({ app }) => {
    const found: string[] = [];
    for await (const { path, stamp } of lookAgain({ root: app, leaveOut: new Set() }))
      found.push(path, stamp ?? '');
    return found;
  },
  'the flag of maintenance': async ({ context }) => {
    await setMaintenance(context, 'on');
    await setMaintenance(context, 'off');
  },
  permissions: ({ context }) => auditFiles(context),
  'a copy of a persistent file': async ({ ours, context }) => {
    await remove(join(ours, 'a/b/file'));
    await copyForDependencies(context, ours);
  },
  'room for a persistent path': ({ app }) => makeRoom(app, 'a/b/file'),
  'a link to a shared path': ({ app, ours }) =>
    linkShared(
      {
        layout: 'releases',
        live: undefined,
        entry: join(app, 'current'),
        area: ours,
        persistent: join(app, 'a'),
        releases: join(app, 'a/b'),
      },
      {
        runId: '1',
        version: '1.0.0',
        releaseName: '1.0.0',
        previousVersion: null,
        folder: ours,
        list: join(ours, 'list'),
        package: '',
        sha256: '',
      },
      'a/b/new',
    ),
  'the moves of a switch': (trees) => applyMoves(planOf(trees)),
  'the moves of a switch, taken back': async (trees) => {
    await applyMoves(planOf(trees));
    return undoMoves(planOf(trees));
  },
  'removing a folder': ({ app }) => remove(join(app, 'a/b')),
  'removing a file': ({ app }) => remove(join(app, 'a/b/file')),
  'writing a file': ({ app }) => writeDurably(join(app, 'a/b/file'), 'x'),
  'making a folder': ({ app }) => makePrivateFolder(join(app, 'a/b/new/folder')),
  'reading a text': ({ app }) => readIfThere(join(app, 'a/b/file')),
  'reading a folder': ({ app }) => namesIn(join(app, 'a/b')),
  flushing: ({ app, context }) => flushPaths(context, app, ['a/b/file']),
};

/** The calls of Node between which a folder can be swapped: all that take a path. */
const calls = [
  'accessSync',
  'chmodSync',
  'copyFileSync',
  'lchownSync',
  'linkSync',
  'lstatSync',
  'lutimesSync',
  'mkdirSync',
  'openSync',
  'readdirSync',
  'readlinkSync',
  'renameSync',
  'rmdirSync',
  'symlinkSync',
  'unlinkSync',
] as const;

const originals = Object.fromEntries(calls.map((name) => [name, fs[name]]));

/** Calls something before each call of the file system, with how many there were. */
function watchCalls(before: (count: number) => void): void {
  let count = 0;
  for (const name of calls) {
    const original = originals[name] as (...words: unknown[]) => unknown;
    Object.assign(fs, {
      [name]: (...words: unknown[]) => {
        before(count);
        count += 1;
        return original(...words);
      },
    });
  }
  syncBuiltinESMExports();
}

function letCallsBe(): void {
  Object.assign(fs, originals);
  syncBuiltinESMExports();
}

afterEach(letCallsBe);

/** Nobody in particular; where the test is not root's, everybody may write to the tree instead. */
const other = 65_534;

function fill(root: string, text: string, isOthers: boolean): void {
  mkdirSync(join(root, 'a/b'), { recursive: true });
  for (const path of ['a/file', 'a/b/file']) writeFileSync(join(root, path), text, { mode: 0o600 });
  symlinkSync('file', join(root, 'a/b/link'));
  if (!isOthers) return;
  chmodSync(root, 0o777);
  if (runsAsRoot()) for (const path of ['', ...paths]) lchownSync(join(root, path), other, other);
}

function make(): Trees & { readonly outside: string; readonly root: string } {
  const root = temporaryFolder('swapped');
  const [app, ours, outside] = ['app', 'ours', 'outside'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  fill(app, 'theirs', true);
  fill(ours, 'our own', false);
  fill(outside, 'SECRET', false);
  mkdirSync(join(root, 'project'));
  const config = {
    APP_DIR: app,
    APP_PERSIST: ['a/b/file'],
    MAINTENANCE_FILE: 'a/b/flag',
    APP_USER: 'nobody',
  };
  return { root, app, ours, outside, context: testContext({ projectDir: join(root, 'project'), config }) };
}

/** Everything that could be changed of a tree. */
function printOf(root: string, path = '.'): readonly string[] {
  const full = join(root, path);
  const { mode, uid, gid, size, mtimeMs, nlink, ino } = lstatSync(full);
  const own = [path, mode, uid, gid, size, mtimeMs, nlink, ino].join(' ');
  if (!lstatSync(full).isDirectory()) return [own];
  return [
    own,
    ...readdirSync(full)
      .sort()
      .flatMap((name) => printOf(root, join(path, name))),
  ];
}

function textsIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

/** Puts a link to the folder of the same name outside in a folder's place, as the application's user can. */
function swap({ app, outside }: { readonly app: string; readonly outside: string }, folder: string): void {
  letCallsBe();
  const place = join(app, folder);
  if (!existsSync(place) || !lstatSync(dirname(place)).isDirectory()) return;
  renameSync(place, `${place}.old`);
  symlinkSync(join(outside, folder), place);
  if (runsAsRoot()) lchownSync(place, other, other);
}

/** Does it, swapping a folder before a call; tells whether there were so many calls. */
async function strike(
  work: (trees: Trees) => unknown,
  folder: string,
  before: number,
): Promise<{ readonly reached: boolean }> {
  const trees = make();
  const was = printOf(trees.outside);
  let reached = false;
  watchCalls((count) => {
    if (count !== before) return;
    reached = true;
    swap(trees, folder);
  });
  const result: unknown = await Promise.resolve(trees)
    .then(work)
    .catch((error: unknown) => {
      // It may say that it cannot, as an error that is told; nothing else.
      if (error instanceof MajError || (error instanceof Error && 'code' in error)) return String(error);
      throw error;
    });
  letCallsBe();
  expect([before, printOf(trees.outside)]).toEqual([before, was]);
  const told = JSON.stringify([result, trees.context.events, textsIn(trees.ours), textsIn(trees.app)]);
  expect(told.includes('SECRET') ? `swapped before call ${before}` : 'kept').toBe('kept');
  rmSync(trees.root, { recursive: true, force: true });
  return { reached };
}

describe.each(Object.entries(places))('%s', (_, work) => {
  it.each(['a', 'a/b'])(
    'touches nothing outside when a link takes the place of %s, before or between its calls',
    async (folder) => {
      let calls = 0;
      while ((await strike(work, folder, calls)).reached) calls += 1;
      // Else there was nothing to swap it between.
      expect(calls).toBeGreaterThan(3);
    },
  );
});

it('a folder of ours may be behind a link of ours', async () => {
  const { root, ours } = make();
  symlinkSync(ours, join(root, 'behind'));
  expect(await readIfThere(join(root, 'behind/a/b/link'))).toBe('our own');
});

it('a link in a folder that others may write to is not followed, nor a pipe waited for', async () => {
  const { app, outside } = make();
  symlinkSync(outside, join(app, 'behind'));
  expect(await readIfThere(join(app, 'behind/a/file'))).toBeUndefined();
  await expect(readIfThere(join(app, 'a/b/link'))).rejects.toMatchObject({ code: 'file-failed' });
  execFileSync('mkfifo', [join(app, 'pipe')]);
  await expect(readIfThere(join(app, 'pipe'))).rejects.toMatchObject({ code: 'file-failed' });
});
