import { describe, expect, it } from 'vitest';
import { newFolderMode, releasedFileMode } from '../../../scripts/release/copy/copy-tree.ts';

const none = undefined;

describe('the mode of a file that a release brings', () => {
  it.each<[string, number, number | undefined, number | undefined, number | undefined, number]>([
    // title, of the release, installed, as it was released, usual here, what it gets
    ['of a first installation is the release’s', 0o755, none, none, none, 0o755],
    ['that the group may write to is kept from it', 0o664, none, none, none, 0o644],
    ['that anybody may write to is kept from them', 0o777, none, none, none, 0o755],
    ['is the stricter of both, where nothing is known of the old release', 0o664, 0o640, none, none, 0o640],
    ['never grows, where nothing is known', 0o755, 0o600, none, none, 0o600],
    ['is the release’s, where that is the stricter one', 0o640, 0o666, none, none, 0o640],
    ['keeps the group’s write where it was so here', 0o664, 0o664, none, none, 0o664],
    ['keeps away what was taken from the old release’s', 0o644, 0o640, 0o644, none, 0o640],
    ['grows as the release’s does', 0o755, 0o644, 0o644, none, 0o755],
    ['does not grow to the group’s write', 0o664, 0o644, 0o664, none, 0o644],
    ['does not grow so, where the old release had less', 0o664, 0o644, 0o644, none, 0o644],
    ['of a new file is no wider than its like here', 0o644, none, none, 0o640, 0o640],
    ['of a new program: whoever may read it may run it', 0o755, none, none, 0o640, 0o750],
    ['of a new file, where its like are wider', 0o640, none, none, 0o755, 0o640],
  ])('%s', (_, mode, installed, released, usual, expected) => {
    expect(releasedFileMode({ mode, installed, released, usual }).toString(8)).toBe(expected.toString(8));
  });

  it('never lets anybody do more than the release and the file in its place do', () => {
    for (let mode = 0; mode <= 0o777; mode += 1)
      for (const installed of [0o000, 0o400, 0o600, 0o640, 0o644, 0o660, 0o664, 0o755, 0o777]) {
        const got = releasedFileMode({ mode, installed, released: none, usual: 0 });
        expect(got & ~(mode & installed)).toBe(0);
      }
  });
});

it.each<[string, number, number | undefined, number]>([
  ['of a first installation is the release’s', 0o755, none, 0o755],
  ['that others may write to is kept from them', 0o777, none, 0o755],
  ['is closed to others where all of its like are', 0o755, 0o750, 0o750],
  ['is no wider than the release has it', 0o700, 0o755, 0o700],
  ['is not written to by the group, where its like are', 0o775, 0o770, 0o750],
  ['stays open to its owner', 0o755, 0o550, 0o750],
])('the mode of a new folder %s', (_, mode, usual, expected) => {
  expect(newFolderMode({ mode, usual }).toString(8)).toBe(expected.toString(8));
});
