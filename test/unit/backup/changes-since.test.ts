import { describe, expect, test } from 'vitest';
import { changesSince, type FoundThing } from '../../../scripts/backup/files/changes-since.ts';
import type { Looked } from '../../../scripts/backup/files/file-stamps.ts';
import type { ListedFile } from '../../../scripts/backup/files/files-list.ts';
import { walkOrder } from '../../../scripts/backup/files/walk.ts';

/** A thing at a look: its type, its stamp (`?`: none that tells anything), and what it is another name of. */
type Thing = readonly [type: ListedFile['type'], stamp: string, target?: string];
type Tree = Readonly<Record<string, Thing>>;

const inOrder = (tree: Tree): [string, Thing][] =>
  Object.entries(tree).sort(([a], [b]) => (walkOrder(a) < walkOrder(b) ? -1 : 1));

async function* archived(tree: Tree): AsyncGenerator<Looked> {
  for (const [path, [type, stamp, target = null]] of inOrder(tree)) {
    const listed = { path, type, size: 0, mode: '644', sha256: null, target };
    yield await Promise.resolve({ path, stamp: stamp === '?' ? null : stamp, holes: 0, listed });
  }
}

async function* walked(tree: Tree): AsyncGenerator<FoundThing> {
  for (const [path, [type, stamp]] of inOrder(tree))
    yield await Promise.resolve({
      path,
      isFolder: type === 'folder',
      stamp: stamp === '?' ? undefined : stamp,
    });
}

const root: Tree = { '.': ['folder', 'r'], a: ['folder', 'a'], b: ['folder', 'b'] };

/** What there was, what there is now, and what is archived and cleared therefore. */
type Case = readonly [
  title: string,
  before: Tree,
  now: Tree,
  expected: { readonly late: readonly string[]; readonly cleared: readonly string[] },
];

const nothing = { late: [], cleared: [] };
const file: Tree = { 'a/f': ['file', '1'] };
const folder: Tree = { 'a/f': ['folder', '1'], 'a/f/g': ['file', '2'], 'a/f/h': ['link', '3'] };
const link: Tree = { 'a/f': ['link', '1'] };
const names: Tree = { 'a/f': ['file', '1'], 'b/g': ['hardlink', '1', 'a/f'] };
/** The folder `a` after something was made, removed or renamed in it. */
const a: Tree = { a: ['folder', 'a2'] };

const cases: readonly Case[] = [
  ['nothing', file, file, nothing],
  [
    'no file, but folders and links',
    { ...folder, 'b/l': ['link', '4'] },
    { ...folder, 'b/l': ['link', '4'] },
    nothing,
  ],
  ['further names of a file', names, names, nothing],
  ['a file, in place', file, { 'a/f': ['file', '2'] }, { late: ['a', 'a/f'], cleared: ['a/f'] }],
  [
    'a file, in the tick of the first look',
    { 'a/f': ['file', '?'] },
    file,
    { late: ['a', 'a/f'], cleared: ['a/f'] },
  ],
  [
    'a file that vanishes during the second look',
    file,
    { 'a/f': ['file', '?'] },
    { late: ['a', 'a/f'], cleared: ['a/f'] },
  ],
  ['the mode of a folder', folder, { ...folder, 'a/f': ['folder', '2'] }, { late: ['a/f'], cleared: [] }],
  ['the mode of the root', file, { ...file, '.': ['folder', 'r2'] }, { late: ['.'], cleared: [] }],
  ['a link', link, { 'a/f': ['link', '2'] }, { late: ['a', 'a/f'], cleared: ['a/f'] }],
  ['a file that is made', {}, { ...a, ...file }, { late: ['a', 'a/f'], cleared: ['a/f'] }],
  [
    'a folder that is made',
    {},
    { ...a, ...folder },
    { late: ['a', 'a/f', 'a/f/g', 'a/f/h'], cleared: ['a/f', 'a/f/g', 'a/f/h'] },
  ],
  ['a file that is removed', file, a, { late: ['a'], cleared: ['a/f'] }],
  ['a folder that is removed', folder, a, { late: ['a'], cleared: ['a/f', 'a/f/g', 'a/f/h'] }],
  [
    'a file that is removed from a folder whose times were set back',
    file,
    {},
    { late: ['a'], cleared: ['a/f'] },
  ],
  [
    'a file that is renamed',
    file,
    { ...a, 'a/g': ['file', '2'] },
    { late: ['a', 'a/g'], cleared: ['a/f', 'a/g'] },
  ],
  [
    'a file into a folder',
    file,
    { ...a, ...folder, 'a/f': ['folder', '9'] },
    { late: ['a', 'a/f', 'a/f/g', 'a/f/h'], cleared: ['a/f', 'a/f/g', 'a/f/h'] },
  ],
  [
    'a folder into a file',
    folder,
    { ...a, 'a/f': ['file', '9'] },
    { late: ['a', 'a/f'], cleared: ['a/f', 'a/f/g', 'a/f/h'] },
  ],
  [
    'a folder into a link',
    folder,
    { ...a, 'a/f': ['link', '9'] },
    { late: ['a', 'a/f'], cleared: ['a/f', 'a/f/g', 'a/f/h'] },
  ],
  [
    'a link into a folder',
    link,
    { ...a, ...folder, 'a/f': ['folder', '9'] },
    { late: ['a', 'a/f', 'a/f/g', 'a/f/h'], cleared: ['a/f', 'a/f/g', 'a/f/h'] },
  ],
  ['a link into a file', link, { ...a, 'a/f': ['file', '9'] }, { late: ['a', 'a/f'], cleared: ['a/f'] }],
  [
    'a file with two names, in place',
    names,
    { 'a/f': ['file', '2'], 'b/g': ['file', '2'] },
    { late: ['a', 'a/f', 'b', 'b/g'], cleared: ['a/f', 'b/g'] },
  ],
  [
    'the first of two names, replaced',
    names,
    { ...a, 'a/f': ['file', '8'], 'b/g': ['file', '2'] },
    { late: ['a', 'a/f', 'b', 'b/g'], cleared: ['a/f', 'b/g'] },
  ],
  [
    'the first of two names, removed',
    names,
    { ...a, 'b/g': ['file', '2'] },
    { late: ['a', 'b', 'b/g'], cleared: ['a/f', 'b/g'] },
  ],
  // Its times tell of the other one; no file system is trusted with that.
  [
    'the first of two names, without a trace on the second',
    names,
    { ...a, 'b/g': ['file', '1'] },
    { late: ['a', 'b', 'b/g'], cleared: ['a/f', 'b/g'] },
  ],
  [
    'the second of two names, removed',
    names,
    { 'a/f': ['file', '2'], b: ['folder', 'b2'] },
    { late: ['a', 'a/f', 'b'], cleared: ['a/f', 'b/g'] },
  ],
  [
    'what lies beside what is the same',
    { ...file, 'a/f-': ['file', '5'], 'a/f/': ['file', '6'] },
    { ...file, 'a/f-': ['file', '7'], 'a/f/': ['file', '6'] },
    { late: ['a', 'a/f-'], cleared: ['a/f-'] },
  ],
  [
    'what lies deep, and nothing above',
    { ...folder, 'b/f': ['file', '4'] },
    { ...folder, 'a/f/g': ['file', '9'], 'b/f': ['file', '4'] },
    { late: ['a/f', 'a/f/g'], cleared: ['a/f/g'] },
  ],
];

describe('a second look at a tree that was archived', () => {
  test.each(cases)('finds that this has changed: %s', async (_, before, now, expected) => {
    const { late, cleared } = await changesSince(
      archived({ ...root, ...before }),
      walked({ ...root, ...now }),
    );
    expect({ late: late.map(({ path }) => path), cleared }).toEqual(expected);
  });

  test('clears and archives everything of another tree', async () => {
    const { late, cleared } = await changesSince(
      archived({ '.': ['folder', '0'] }),
      walked({ ...root, ...folder }),
    );
    expect(late.map(({ path }) => path)).toEqual(['.', 'a', 'a/f', 'a/f/g', 'a/f/h', 'b']);
    expect(cleared).toEqual(['a', 'a/f', 'a/f/g', 'a/f/h', 'b']);
  });
});

test.each([
  [['.', 'a', 'a/b', 'a/b/c', 'a-b', 'a.b', 'ab', 'b']],
  [['.', 'A', 'a', 'a/\u0001', 'a!', 'é', '\u{1F600}', '\uFFFC']],
])('walks come to folders before what is in them, names in order: %j', (paths) => {
  const order = [...paths].reverse().sort((x, y) => (walkOrder(x) < walkOrder(y) ? -1 : 1));
  expect(order).toEqual(paths);
});
