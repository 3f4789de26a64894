import { expect, it } from 'vitest';
import { byFolder } from '../../../scripts/release/file-changes.ts';

it.each<[string, readonly string[], readonly (readonly [folder: string, files: number, deep: boolean])[]]>([
  ['no path, no folder', [], []],
  ['a file at the top', ['robots.txt'], [['', 1, false]]],
  ['files of a folder that is not among them', ['conf/a', 'conf/b'], [['conf', 2, false]]],
  ['a folder with all that it holds', ['keys', 'keys/a', 'keys/deep', 'keys/deep/b'], [['keys', 2, true]]],
  ['an empty folder, as a thing of the one above', ['cache/empty'], [['cache', 1, false]]],
  [
    'the folder with most files first, then by name',
    ['z', 'b/1', 'a/1', 'plugins/mine', 'plugins/mine/1', 'plugins/mine/2'],
    [
      ['plugins/mine', 2, true],
      ['', 1, false],
      ['a', 1, false],
      ['b', 1, false],
    ],
  ],
  ['a folder of nothing but folders', ['a', 'a/b', 'a/b/1', 'a/c', 'a/c/2'], [['a', 2, true]]],
  [
    'a name that begins like a folder',
    ['keys', 'keys/a', 'keys2'],
    [
      ['', 1, false],
      ['keys', 1, true],
    ],
  ],
])('%s', (_, paths, expected) => {
  expect(byFolder(paths).map(({ folder, files, deep }) => [folder, files, deep])).toEqual(expected);
});

it('counts ten thousand files in the time of one look at each', () => {
  const paths = ['up', ...Array.from({ length: 10_000 }, (_, index) => `up/${index}.jpg`)];
  expect(byFolder(paths)).toEqual([{ folder: 'up', files: 10_000, deep: true }]);
});

/** Files of a library in folders of its own, and two of the user's. */
const libraries = [
  ...Array.from({ length: 30 }, (_, index) => `vendor/lib-${index}/code.js`),
  'vendor/readme',
  'themes/house/index.php',
  'themes/house/style.css',
  'tools/key',
];

it.each<[string, number, readonly (readonly [folder: string, files: number, deep: boolean])[]]>([
  [
    'what lies in one folder is counted together there, and the rest stays apart',
    4,
    [
      ['vendor', 31, true],
      ['themes/house', 2, false],
      ['tools', 1, false],
    ],
  ],
  [
    'folders at the top stay apart, however few there should be',
    1,
    [
      ['vendor', 31, true],
      ['themes/house', 2, false],
      ['tools', 1, false],
    ],
  ],
])('%s', (_, most, expected) => {
  const found = byFolder(libraries, most).map(({ folder, files, deep }) => [folder, files, deep]);
  expect(found).toEqual(expected);
});

it('takes the deepest folder that is enough', () => {
  const paths = ['a/b/1/x', 'a/b/2/x', 'a/b/3/x', 'a/c/x', 'd/x'];
  expect(byFolder(paths, 3)).toEqual([
    { folder: 'a/b', files: 3, deep: true },
    { folder: 'a/c', files: 1, deep: false },
    { folder: 'd', files: 1, deep: false },
  ]);
});
