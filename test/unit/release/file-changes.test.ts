import { describe, expect, it } from 'vitest';
import type { ReleaseEntry } from '../../../scripts/package/types.ts';
import { fileChanges, type Compared } from '../../../scripts/release/file-changes.ts';

const file = (path: string): ReleaseEntry => ({ type: 'file', path, bytes: 1, sha256: 'x' });
const folder = (path: string): ReleaseEntry => ({ type: 'folder', path });
const compared = (path: string, state: Compared['state'], coming: Compared['coming']): Compared => ({
  path,
  type: path.endsWith('/') ? 'folder' : path === 'socket' ? 'other' : 'file',
  state,
  coming,
});

describe('what becomes of the files of the live tree', () => {
  const live = [
    compared('same.php', 'same', 'same'),
    compared('newer.php', 'same', 'other'),
    compared('dropped.php', 'same', 'nothing'),
    compared('lib/', 'same', 'nothing'),
    compared('edited.php', 'modified', 'other'),
    compared('edited-as-the-new-one.php', 'modified', 'same'),
    compared('edited-and-dropped.php', 'modified', 'nothing'),
    compared('mine/', 'unknown', 'nothing'),
    compared('mine/a.txt', 'unknown', 'nothing'),
    compared('robots.txt', 'unknown', 'other'),
    compared('favicon.ico', 'unknown', 'same'),
    compared('socket', 'unknown', 'nothing'),
  ];
  const installed = ['same.php', 'newer.php', 'dropped.php', 'edited.php', 'deleted.php', 'uploads/demo'].map(
    file,
  );
  const coming = [
    ...['same.php', 'newer.php', 'edited.php', 'robots.txt', 'favicon.ico', 'new.php', 'uploads/x'].map(file),
    folder('new-folder'),
  ];

  it('is told by kinds, with the list of the release', () => {
    expect(fileChanges({ live, installed, coming, kept: ['uploads'] })).toEqual({
      known: true,
      added: ['new.php'],
      changed: ['edited.php', 'newer.php', 'robots.txt'],
      removed: ['dropped.php', 'edited-and-dropped.php'],
      remade: [],
      modified: ['edited-and-dropped.php', 'edited-as-the-new-one.php', 'edited.php'],
      modes: [],
      deleted: ['deleted.php'],
      displaced: ['robots.txt'],
      carried: ['mine/', 'mine/a.txt'],
    });
  });

  it('what lies below a file or a link of the coming release has no place in it', () => {
    const below = [
      compared('docs', 'unknown', 'other'),
      compared('docs/deep/mine.txt', 'unknown', 'nothing'),
      compared('lib/mine.php', 'unknown', 'nothing'),
      compared('library/mine.php', 'unknown', 'nothing'),
    ];
    const taken: ReleaseEntry[] = [file('docs'), { type: 'link', path: 'lib', target: 'src' }];
    expect(fileChanges({ live: below, installed: [], coming: taken, kept: [] })).toMatchObject({
      displaced: ['docs', 'docs/deep/mine.txt', 'lib/mine.php'],
      carried: ['library/mine.php'],
    });
  });

  it('a mode that was set here is told of files that the coming release has, too', () => {
    const own = live.map((entry): Compared => ({ ...entry, hasOwnMode: entry.state === 'same' }));
    expect(fileChanges({ live: own, installed, coming, kept: [] }).modes).toEqual(['newer.php', 'same.php']);
  });

  it('what a command made of the installed release is not among what is removed, if one will make it again', () => {
    const remade = new Set(['dropped.php', 'newer.php', 'gone-already.php']);
    expect(fileChanges({ live, installed, coming, kept: [], remade })).toMatchObject({
      changed: ['edited.php', 'newer.php', 'robots.txt'],
      removed: ['edited-and-dropped.php'],
      remade: ['dropped.php'],
    });
  });

  it('takes everything along without one that the new release does not bring, for nothing tells whose it is', () => {
    const unknown = live.map((entry): Compared => ({ ...entry, state: 'unknown' }));
    expect(fileChanges({ live: unknown, installed: undefined, coming, kept: ['uploads'] })).toEqual({
      known: false,
      added: ['new.php'],
      changed: ['edited.php', 'newer.php', 'robots.txt'],
      removed: [],
      remade: [],
      modified: [],
      modes: [],
      deleted: [],
      displaced: [],
      carried: ['dropped.php', 'edited-and-dropped.php', 'lib/', 'mine/', 'mine/a.txt'],
    });
  });
});
