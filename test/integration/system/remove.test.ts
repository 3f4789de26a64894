import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { remove } from '../../../scripts/system/files.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';

/** Nobody in particular: root may do everything whatever the modes say. */
const uid = 65_534;

/** Does something as another user than root; the tests of a file have a process of their own. */
async function asOther<T>(work: () => Promise<T>): Promise<T> {
  process.seteuid?.(uid);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

let root: string;
let tree: string;

/** Makes files of the other user, then gives folders their modes, those within others first. */
function make(files: readonly string[], modes: Readonly<Record<string, number>> = {}): void {
  for (const file of files) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), 'x');
    for (let path = file; path !== '.'; path = dirname(path)) chownSync(join(tree, path), uid, -1);
  }
  chownSync(tree, uid, -1);
  for (const path of Object.keys(modes).sort().reverse()) chmodSync(join(tree, path), modes[path] ?? 0);
}

const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

beforeEach(() => {
  root = temporaryFolder('remove');
  tree = join(root, 'staged');
  mkdirSync(tree);
  chownSync(root, uid, -1);
});

describe('a folder of ours is removed', () => {
  it.each<[string, readonly string[], Record<string, number>]>([
    ['that nobody may write to', ['sites/default/settings.php'], { 'sites/default': 0o555 }],
    ['in another such one', ['a/b/c/file', 'a/file'], { a: 0o555, 'a/b': 0o555, 'a/b/c': 0o500 }],
    ['that cannot be read', ['a/file'], { a: 0o333 }],
    ['that cannot be entered', ['a/b/file'], { a: 0o666, 'a/b': 0o555 }],
    ['without any permission', ['a/b/file'], { a: 0, 'a/b': 0 }],
    ['that is closed itself', ['file'], { '': 0o555 }],
  ])('%s', async (_title, files, modes) => {
    make(files, modes);
    await asOther(() => remove(tree));
    expect(existsSync(tree)).toBe(false);
  });

  it('without a change of what its links lead to', async () => {
    const elsewhere = join(root, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'file'), 'x');
    chownSync(elsewhere, uid, -1);
    make(['a/file']);
    symlinkSync(elsewhere, join(tree, 'a', 'link'));
    chmodSync(elsewhere, 0o555);
    chmodSync(join(tree, 'a'), 0o555);

    await asOther(() => remove(tree));

    expect(existsSync(tree)).toBe(false);
    expect(existsSync(join(elsewhere, 'file'))).toBe(true);
    expect(modeOf(elsewhere)).toBe(0o555);
  });
});

it('what lies in a folder that is closed, and not to be removed, stays, and so does that one’s mode', async () => {
  make(['file']);
  chmodSync(root, 0o555);
  const failure = await asOther(() => failureOf(remove(join(root, 'staged'))));
  expect(failure.code).toBe('file-failed');
  expect(failure.message).toContain(tree);
  expect(modeOf(root)).toBe(0o555);
});

it('what somebody puts in the place of a folder meanwhile stays, and is told', async () => {
  const removal = remove(tree);
  renameSync(tree, join(root, 'aside'));
  writeFileSync(tree, 'x');
  const failure = await failureOf(removal);
  expect(failure.code).toBe('file-failed');
  expect(failure.message).toContain(tree);
  expect(existsSync(tree)).toBe(true);
});

it('a folder of somebody else stays as it is, and is told', async () => {
  make(['mine/file', 'theirs/file'], { mine: 0o555 });
  chownSync(join(tree, 'theirs'), 0, 0);
  chmodSync(join(tree, 'theirs'), 0o755);
  const failure = await asOther(() => failureOf(remove(tree)));
  expect(failure.code).toBe('file-failed');
  expect(failure.message).toContain('theirs');
  expect(modeOf(join(tree, 'theirs'))).toBe(0o755);
  expect(existsSync(join(tree, 'theirs', 'file'))).toBe(true);
});
