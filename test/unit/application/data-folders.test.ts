import { expect, it } from 'vitest';
import { dataFolders } from '../../../scripts/application/file-permissions.ts';

const installedMs = 1_000_000_000;
const [before, meanwhile, since] = [installedMs - 1, installedMs + 60_000, installedMs + 3_600_000];

it.each<[string, Readonly<Record<string, number>>, readonly (readonly [folder: string, files: number])[]]>([
  [
    'nothing of an application as it was installed',
    { 'index.php': before, 'lib/a': before, 'lib/b': meanwhile },
    [],
  ],
  ['a folder that was written to since', { 'lib/a': before, 'up/a': since, 'up/b': since }, [['up', 2]]],
  ['the highest of such folders', { 'up/2024/a': since, 'up/2025/b/c': since }, [['up', 2]]],
  ['not a folder in which a file was edited', { 'lib/a': before, 'lib/b': since }, []],
  ['one in a folder of the release', { 'lib/a': before, 'lib/cache/x': since }, [['lib/cache', 1]]],
  ['no file at the top', { 'error.log': since }, []],
  [
    'the one with most files first',
    { 'a/1': since, 'b/1': since, 'b/2': since },
    [
      ['b', 2],
      ['a', 1],
    ],
  ],
])('%s', (_, files, expected) => {
  const written = Object.entries(files).map(([path, mtimeMs]) => ({ path, mtimeMs }));
  expect(dataFolders(written, installedMs).map(({ folder, files: count }) => [folder, count])).toEqual(
    expected,
  );
});
