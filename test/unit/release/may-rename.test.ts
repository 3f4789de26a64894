import { expect, test } from 'vitest';
import { foldersToRename } from '../../../scripts/release/check-writable.ts';
import type { Places } from '../../../scripts/release/types.ts';

const inPlace: Places = {
  layout: 'in-place',
  live: '/www/app',
  entry: '/www/app',
  area: '/www/.app.maj',
  persistent: '/www/app',
  releases: undefined,
};
const releases: Places = {
  layout: 'releases',
  live: '/www/app/releases/1',
  entry: '/www/app/current',
  area: '/www/app/.maj',
  persistent: '/www/app/shared',
  releases: '/www/app/releases',
};
const [folder, file, link] = [
  { path: 'var/data', type: 'folder' },
  { path: '.env', type: 'file' },
  { path: 'sites/logs', type: 'link' },
] as const;

test.each([
  ['nothing is installed', { ...inPlace, live: undefined }, [], 'forward', ['/www/', '/www/.app.maj/']],
  ['nothing persists', inPlace, [], 'forward', ['/www/', '/www/.app.maj/', '/www/app']],
  [
    'a folder persists: it gets another parent',
    inPlace,
    [folder],
    'forward',
    ['/www/', '/www/.app.maj/', '/www/app', '/www/app/var/', '/www/app/var/data'],
  ],
  [
    'a file persists: only its folder changes',
    inPlace,
    [file],
    'forward',
    ['/www/', '/www/.app.maj/', '/www/app', '/www/app/'],
  ],
  [
    'a link persists: what it leads to stays',
    inPlace,
    [link],
    'forward',
    ['/www/', '/www/.app.maj/', '/www/app', '/www/app/sites/'],
  ],
  [
    'releases: what persists stays, and so does the release that runs',
    releases,
    [folder, file, link],
    'forward',
    ['/www/app/', '/www/app/.maj/', '/www/app/releases/'],
  ],
  [
    'the way back among releases moves the one that runs',
    releases,
    [folder],
    'back',
    ['/www/app/', '/www/app/.maj/', '/www/app/releases/', '/www/app/releases/1'],
  ],
] as const)('%s', (_title, places, persistent, direction, expected) => {
  const needed = foldersToRename(places, persistent, direction);
  expect(needed.map(({ path, what }) => (what === 'within' ? `${path}/` : path))).toEqual(expected);
});
