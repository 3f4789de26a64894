import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { unpackPackage, type Unpacked } from '../../../scripts/package/unpack.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { releaseEntries, treePrint, writePackage, writeTree, type TarEntry } from '../../helpers/packages.ts';

let root: string;
let source: string;
let into: string;

beforeEach(() => {
  root = temporaryFolder('pax');
  source = join(root, 'source');
  mkdirSync(join(root, 'area'));
  into = join(root, 'area', 'staged');
});

const unpack = (path: string): Promise<Unpacked> => unpackPackage(testContext(), path, into, 'VERSION');

async function expectRefused(path: string, reason: RegExp): Promise<void> {
  const failure = await failureOf(unpack(path));
  expect(failure.message).toMatch(reason);
  expect(failure.exitCode).toBe(4);
  expect(readdirSync(join(root, 'area'))).toEqual([]);
}

/** What the real tar makes of the source, in the form of POSIX. */
function posixTar(...options: readonly string[]): string {
  const path = join(root, 'app-1.1.0.tar.gz');
  execFileSync('tar', ['-C', source, '--format=posix', '--gzip', ...options, '-cf', path, '.']);
  return path;
}

const record = (key: string, value: string | Buffer): Buffer => {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
};
const header = (...content: readonly (string | Buffer)[]): TarEntry => ({
  name: 'PaxHeader',
  type: 'x',
  content: Buffer.concat(content.map((part) => Buffer.from(part))),
});
const packageWith = (...entries: readonly TarEntry[]): string =>
  writePackage(root, 'app-1.1.0.tar.gz', [...releaseEntries('1.1.0'), ...entries]);

describe('an archive in the form of POSIX is unpacked as the real tar does', () => {
  it('with long names whose letters lie across the pieces that are read', async () => {
    const long = Array.from({ length: 40 }, () => '\u20ac'.repeat(25)).join('/');
    for (let filler = 9_000; filler < 15_000; filler += 512) {
      source = join(root, `source-${filler}`);
      into = join(root, 'area', `staged-${filler}`);
      writeTree(source, { VERSION: '1.1.0\n', 'a.bin': 'x'.repeat(filler) });
      writeTree(join(source, 'b'), { [long]: 'deep' });
      await unpack(posixTar('--sort=name'));
      expect(treePrint(into)).toEqual(treePrint(source));
    }
  });

  it('with a comment of several lines that looks like a name', async () => {
    const comment = Buffer.concat([Buffer.from('x\n'), record('path', 'evil.php')]);
    await unpack(packageWith(header(record('comment', comment)), { name: 'index.php', content: 'good' }));
    expect(treePrint(into)).toEqual({ VERSION: '644 1.1.0\n', 'index.php': '644 good' });
  });

  it('with attributes that are no text, and a size', async () => {
    const attribute = record('SCHILY.xattr.user.x', Buffer.from([0xff, 0x0a, 0x00, 0x80]));
    const file = { name: 'index.php', content: 'good', size: 0 };
    await unpack(packageWith(header(attribute, record('size', '4')), file, { name: 'next.php' }));
    expect(treePrint(into)).toEqual({ VERSION: '644 1.1.0\n', 'index.php': '644 good', 'next.php': '644 ' });
  });
});

describe('an archive in the form of POSIX is refused', () => {
  it.each(['0.0', '0.1', '1.0'])('with a file that has holes, form %s', async (version) => {
    writeTree(source, { VERSION: '1.1.0\n' });
    writeFileSync(join(source, 'holes.bin'), 'begin');
    truncateSync(join(source, 'holes.bin'), 1_000_000);
    await expectRefused(posixTar('--sparse', `--sparse-version=${version}`), /sparse file/);
  });

  it('with a line end in a name that is too long for the header', async () => {
    writeTree(source, { VERSION: '1.1.0\n', [`${'n'.repeat(120)}\nx`]: 'x' });
    await expectRefused(posixTar(), /path with control characters/);
  });

  const file: TarEntry = { name: 'index.php', content: 'good' };
  it.each<[string, readonly TarEntry[], RegExp]>([
    ['a record that is shorter than it says', [header('99 path=a\n'), file], /of the lengths/],
    ['a record that is longer than it says', [header('8 path=abc\n'), file], /of the lengths/],
    ['something after its records', [header(record('path', 'a'), 'x'), file], /of the lengths/],
    ['a record without a value', [header('7 path\n'), file], /of the lengths/],
    ['a name that is not UTF-8', [header(record('path', Buffer.from('caf\xe9', 'latin1'))), file], /UTF-8/],
    ['an empty name', [header(record('path', '')), file], /empty path/],
    ['two names', [header(record('path', 'a'), record('path', 'b')), file], /more than one path/],
    ['a size that is no number', [header(record('size', '4.')), file], /no number/],
    [
      'a line end in the target of a link',
      [header(record('linkpath', 'a\nb')), { name: 'l', type: '2', link: 'a' }],
      /linkpath with control characters/,
    ],
    ['one name for all entries', [{ ...header(record('path', 'a')), type: 'g' }, file], /same path/],
  ])('with %s', async (_, entries, reason) => {
    await expectRefused(packageWith(...entries), reason);
  });
});
