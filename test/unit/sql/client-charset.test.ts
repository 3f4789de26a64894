import { describe, expect, test } from 'vitest';
import { MajError } from '../../../scripts/core/errors.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { splitStatements } from '../../../scripts/sql/splitter.ts';

/** The charset that the statement after these may be in, when a letter before a backslash is refused. */
function refusedFor(before: string, statement = String.raw`DO 'ф\n'`): string | undefined {
  try {
    splitStatements(`${before}\n${statement};`, { file: 'x.sql', flavour: 'mysql' });
    return undefined;
  } catch (error) {
    if (!(error instanceof MajError)) throw error;
    return (
      /may be set to (\w+) here/.exec(describeError(error, en).message)?.[1] ??
      describeError(error, en).message
    );
  }
}

/** What a script says, and the charset in which it has to be refused; undefined: in none. */
const table: readonly (readonly [before: string, charset: string | undefined])[] = [
  ['', undefined],
  ['SET NAMES utf8mb4;', undefined],
  ['SET NAMES latin1;', undefined],
  ['SET NAMES euckr;', undefined],
  ['SET NAMES gbk;', 'gbk'],
  ["set names 'SJIS' COLLATE sjis_bin;", 'sjis'],
  ['SET CHARACTER SET cp932;', 'cp932'],
  ['SET CHARSET gb18030;', 'gb18030'],
  ['SET NAMES big5;', undefined],
  ['SET character_set_client = gbk;', 'gbk'],
  ["SET SESSION character_set_client := 'gbk';", 'gbk'],
  ['SET @@session.character_set_client = gbk, @a = 1;', 'gbk'],
  ['SET @a = 1, NAMES gbk;', 'gbk'],
  ['/*!40101 SET NAMES gbk */;', 'gbk'],
  ['SET /* x */ NAMES gbk;', 'gbk'],
  ['SET NAMES gbk;\nSET NAMES utf8mb4;', undefined],
  ['SET NAMES gbk;\n/*!99999 SET NAMES utf8mb4 */;', 'gbk'],
  ['SET @old = @@character_set_client;\nSET NAMES latin1;\nSET character_set_client = @old;', undefined],
  ["SET @new = 'gbk';\nSET character_set_client = @new;", 'gbk'],
  ["PREPARE s FROM 'SET NAMES gbk';\nEXECUTE s;", 'gbk'],
  ['CREATE PROCEDURE p() SET NAMES gbk;\nCALL p();', 'gbk'],
  ['CREATE TABLE t (a text) CHARACTER SET gbk;', undefined],
  ["INSERT INTO t VALUES ('SET NAMES gbk');", undefined],
  ['SET NAMES DEFAULT;', 'cp932'],
  ['SET character_set_client = @@global.character_set_client;', 'cp932'],
  ['SET character_set_client = 28;', 'cp932'],
];

describe('a backslash behind a letter', () => {
  test.each(table)('after %j: %j', (before, charset) => {
    expect(refusedFor(before)).toBe(charset);
  });

  /** `ф` ends with 84, `я` with 8F, `é` with A9, `€` with AC, `日` with A5. */
  const leads: Readonly<Record<string, string>> = {
    big5: 'é€日',
    cp932: 'фя',
    gb18030: 'фяé€日',
    gbk: 'фяé€日',
    sjis: 'фя',
  };
  const signs = ['\\n', '\\\\', '`', "''", '|', '@', 'a', ' \\n'];
  test.each(Object.entries(leads))('is refused in %s after these letters only: %s', (charset, letters) => {
    const swallowed = Array.from('фяé€日a').flatMap((letter) =>
      signs
        .filter((sign) => refusedFor(`SET NAMES ${charset};`, `INSERT INTO t VALUES ('${letter}${sign}')`))
        .map((sign) => `${letter}${sign}`),
    );
    const expected = Array.from(letters).flatMap((letter) =>
      ['\\n', '\\\\', '`'].map((sign) => `${letter}${sign}`),
    );
    expect(swallowed).toEqual(expected);
  });
});
