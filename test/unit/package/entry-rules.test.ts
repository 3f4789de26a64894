import { describe, expect, it } from 'vitest';
import {
  EntryRules,
  packageLimits,
  safePath,
  tooTight,
  type PackageEntry,
} from '../../../scripts/package/entry-rules.ts';

const entry = (path: string, more: Partial<PackageEntry> = {}): PackageEntry => ({
  path,
  type: 'file',
  typeName: 'File',
  mode: 0o644,
  bytes: 1,
  target: undefined,
  ...more,
});

const folder = (path: string): PackageEntry => entry(path, { type: 'folder', bytes: 0 });
const link = (path: string, target: string): PackageEntry =>
  entry(path, { type: 'symlink', bytes: 0, target });
const hard = (path: string, target: string): PackageEntry =>
  entry(path, { type: 'hardlink', bytes: 0, target });

/** The verdict on the last of some entries. */
function verdict(entries: readonly PackageEntry[], limits = packageLimits): string {
  const rules = new EntryRules(limits);
  const verdicts = entries.map((one) => rules.check(one));
  const last = verdicts.at(-1);
  return last === undefined ? '' : last.ok ? `ok ${last.path}` : last.problem;
}

describe('an entry of a package', () => {
  it.each<[string, readonly PackageEntry[], string]>([
    ['an ordinary file', [entry('src/index.php')], 'ok src/index.php'],
    ['a file below ./', [entry('./src/./index.php')], 'ok src/index.php'],
    ['the root', [folder('./')], 'ok '],
    ['a folder listed after its files', [entry('a/b'), folder('a/')], 'ok a'],
    ['a folder listed twice', [folder('a/'), folder('a/')], 'ok a'],
    ['names that only begin alike', [entry('a'), entry('ab')], 'ok ab'],
    ['two dots in a name', [entry('a..b/..c')], 'ok a..b/..c'],
    ['an absolute path', [entry('/etc/passwd')], 'absolute'],
    ['.. at the start', [entry('../x')], 'parent'],
    ['.. in the middle', [entry('a/../../x')], 'parent'],
    ['.. even when it stays inside', [entry('a/b/../x')], 'parent'],
    ['no name', [entry('./')], 'no-name'],
    ['a line end in the name', [entry('a\nb')], 'name-characters'],
    ['an escape sequence in the name', [entry('a\u001b[2J')], 'name-characters'],
    ['a tab in the name', [entry('a\tb')], 'name-characters'],
    ['a control character of C1 in the name', [entry('a\u009b2Jb')], 'name-characters'],
    ['a name that is read backwards', [entry('a\u202egpj.php')], 'name-characters'],
    ['a folder with an isolate in its name', [entry('a\u2066b/c')], 'name-characters'],
    ['a separator of lines in the name', [entry('a\u2028b')], 'name-characters'],
    ['a link to a name that is read backwards', [link('a', 'b\u202egpj')], 'name-characters'],
    ['a link to a name with an escape sequence', [link('a', 'b\u001b[2J')], 'name-characters'],
    ['a name in a script that is written from the right', [entry('\u05e9\u05dc')], 'ok \u05e9\u05dc'],
    ['a name that is not UTF-8', [entry('caf\ufffd')], 'name-encoding'],
    ['a name of 256 bytes', [entry('x'.repeat(256))], 'name-length'],
    ['a device', [entry('null', { type: 'other', typeName: 'CharacterDevice' })], 'type'],
    ['setuid', [entry('su', { mode: 0o4755 })], 'setuid'],
    ['setgid on a folder', [{ ...folder('shared/'), mode: 0o2775 }], 'setuid'],
    ['the same file twice', [entry('a'), entry('a')], 'twice'],
    ['a file where a folder was', [folder('a/'), entry('a')], 'twice'],
    ['a folder where a file was', [entry('a'), folder('a/')], 'twice'],
    ['names that differ in case', [entry('README'), entry('readme')], 'same-name'],
    ['folders that differ in case', [entry('Src/a'), entry('src/b')], 'same-name'],
    ['names that differ in Unicode form', [entry('caf\u00e9'), entry('cafe\u0301')], 'same-name'],
    ['a file below a file', [entry('a'), entry('a/b')], 'below-a-file'],
    ['a file below a link', [link('a', 'b'), entry('a/passwd')], 'below-a-file'],
    ['a link to an absolute path', [link('a', '/etc')], 'link-out'],
    ['a hard link to a file before it', [entry('a'), hard('b', './a')], 'ok b'],
    ['a hard link to nothing', [hard('b', 'a')], 'hard-link'],
    ['a hard link out', [hard('b', '../../etc/passwd')], 'hard-link'],
    ['a hard link to a link', [link('a', 'x'), hard('b', 'a')], 'hard-link'],
    ['a file as deep as it may be', [entry(`${'d/'.repeat(99)}f`)], `ok ${'d/'.repeat(99)}f`],
    ['a file deeper than any application', [entry(`${'d/'.repeat(100)}f`)], 'too-deep'],
    ['a link to what lies as deep as it may', [link('a', `${'d/'.repeat(99)}f`)], 'ok a'],
    ['a link along more folders than that', [link('a', `${'d/../'.repeat(50)}f`)], 'too-deep'],
    ['a hard link with content', [entry('a'), { ...hard('b', 'a'), bytes: 5 }], 'hard-link'],
  ])('is judged: %s', (_, entries, expected) => {
    expect(verdict(entries)).toBe(expected);
  });

  it('counts with the folders that its path implies, once each', () => {
    const limits = { ...packageLimits, entries: 4 };
    expect(verdict([entry('a/b/c'), entry('a/b/d')], limits)).toBe('ok a/b/d');
    expect(verdict([entry('a/b/c'), folder('a/b'), folder('a'), entry('d')], limits)).toBe('ok d');
    expect(verdict([entry('a/b/c'), entry('x/y/z')], limits)).toBe('too-many');
  });

  it('counts with the bytes that a hard link stands for, which becomes a copy', () => {
    const limits = { ...packageLimits, bytes: 100 };
    const large = entry('a', { bytes: 40 });
    expect(verdict([large, hard('b', 'a')], limits)).toBe('ok b');
    expect(verdict([large, hard('b', 'a'), hard('c', 'a')], limits)).toBe('too-large');
  });

  it('may not be one too many', () => {
    expect(verdict([entry('a'), entry('b')], { ...packageLimits, entries: 1 })).toBe('too-many');
  });

  it('may not make the package too large', () => {
    const limits = { ...packageLimits, bytes: 10 };
    expect(verdict([entry('a', { bytes: 6 }), entry('b', { bytes: 6 })], limits)).toBe('too-large');
  });

  it('has a path that stays as it is when it is cleaned again', () => {
    const once = safePath('./a//b/./c/');
    expect(once).toEqual({ ok: true, path: 'a/b/c' });
    expect(safePath('a/b/c')).toEqual(once);
  });
});

it('a package unpacks too far only beyond both the size and the ratio', () => {
  const limits = { ...packageLimits, ratio: 10, ratioFrom: 1000 };
  expect(tooTight(limits, 1, 1000)).toBe(false);
  expect(tooTight(limits, 1, 1001)).toBe(true);
  expect(tooTight(limits, 101, 1001)).toBe(false);
});
