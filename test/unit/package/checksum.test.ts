import { describe, expect, it } from 'vitest';
import { parseSums, sumsFor } from '../../../scripts/package/checksum.ts';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);

describe('the sum beside a package', () => {
  it.each([
    ['bare', `${a}\n`, 'app.tgz', true, [a]],
    ['bare, in a list of many packages', `${a}\n`, 'app.tgz', false, []],
    ['sha256sum, text mode', `${a}  app.tgz\n`, 'app.tgz', true, [a]],
    ['sha256sum, binary mode', `${a} *app.tgz\n`, 'app.tgz', true, [a]],
    ['with a folder before the name', `${a}  dist/app.tgz\n`, 'app.tgz', true, [a]],
    ['BSD', `SHA256 (app.tgz) = ${a}\n`, 'app.tgz', true, [a]],
    ['openssl', `SHA2-256(app.tgz)= ${a}\n`, 'app.tgz', true, [a]],
    ['in capitals', `${a.toUpperCase()}  app.tgz\n`, 'app.tgz', true, [a]],
    ['with Windows line ends', `${a}  app.tgz\r\n`, 'app.tgz', true, [a]],
    ['a name with blanks', `${a}  my app.tgz\n`, 'my app.tgz', true, [a]],
    ['one line of many', `${b}  other.tgz\n# comment\n${a}  app.tgz\n`, 'app.tgz', false, [a]],
    ['of another file only', `${b}  other.tgz\n`, 'app.tgz', true, []],
    ['a name that only ends the same', `${b}  my-app.tgz\n`, 'app.tgz', true, []],
    ['two sums for one name', `${a}  app.tgz\n${b}  app.tgz\n`, 'app.tgz', false, [a, b]],
    ['SHA-512', `${a}${a}  app.tgz\n`, 'app.tgz', true, []],
    ['not a sum', 'hello\n', 'app.tgz', true, []],
    ['empty', '', 'app.tgz', true, []],
  ])('is read when it is %s', (_, text, name, alone, expected) => {
    expect(sumsFor(parseSums(text), name, alone)).toEqual(expected);
  });
});
