import { expect, it } from 'vitest';
import { refused } from '../../../scripts/core/errors.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { notShared, type SharedPlace } from '../../../scripts/release/copy/not-shared.ts';

const [path, shared] = ['/app/releases/1.0.0/uploads', '/app/shared/uploads'];
const nothing: SharedPlace = {
  path,
  shared,
  type: undefined,
  leadsTo: undefined,
  sharedLeadsTo: undefined,
  comesAsLink: false,
};

it.each<[string, Partial<SharedPlace>, 'move' | 'link' | 'decide' | undefined]>([
  ['nothing anywhere', {}, undefined],
  ['nothing in the release', { sharedLeadsTo: shared }, undefined],
  ['a link to the shared one', { type: 'link', leadsTo: shared, sharedLeadsTo: shared }, undefined],
  ['a link to where the shared one leads', { type: 'link', leadsTo: '/d', sharedLeadsTo: '/d' }, undefined],
  ['a link that leads nowhere', { type: 'link' }, undefined],
  ['a link that comes with each release', { type: 'link', leadsTo: '/d', comesAsLink: true }, undefined],
  ['a folder', { type: 'folder', leadsTo: path }, 'move'],
  ['a file, though the package has a link there', { type: 'file', leadsTo: path, comesAsLink: true }, 'move'],
  ['a link to elsewhere', { type: 'link', leadsTo: '/d' }, 'link'],
  ['a folder beside a shared one', { type: 'folder', leadsTo: path, sharedLeadsTo: shared }, 'decide'],
])('%s: what a switch of releases would lose, and what to do about it', (_, found, remedy) => {
  expect(notShared([{ ...nothing, ...found }]).map((one) => one.remedy)).toEqual(
    remedy === undefined ? [] : [remedy],
  );
});

it('the commands are those of a shell, whatever the paths are', () => {
  const moved = { path: "/a b/it's", shared: '/a b/shared/x', leadsTo: '', remedy: 'move' } as const;
  const linked = { path, shared, leadsTo: '/srv/files', remedy: 'link' } as const;
  const { hint } = describeError(refused('not-shared', { paths: [moved, linked] }), en);
  expect(hint).toContain(
    [
      "  mkdir -p '/a b/shared'",
      "  mv '/a b/it'\\''s' '/a b/shared/x'",
      "  ln -s '/a b/shared/x' '/a b/it'\\''s'",
      '  mkdir -p /app/shared',
      '  # A backup holds only this link, where it leads out of APP_DIR: back up what lies there in its own way.',
      '  ln -s /srv/files /app/shared/uploads',
    ].join('\n'),
  );
});
