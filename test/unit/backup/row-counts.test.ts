import { describe, expect, test } from 'vitest';
import { countedTogether, isUnexplained } from '../../../scripts/backup/take-database.ts';
import type { PartChunk } from '../../../scripts/dump/cutter.ts';
import { countRowsExactly, createRowCounter } from '../../../scripts/dump/rows-in-dump.ts';
import type { Flavour } from '../../../scripts/sql/flavour.ts';

/** Three rows in two statements, as each dump program writes them. */
const dumps: Readonly<Record<Flavour, string>> = {
  mariadb:
    "LOCK TABLES `t` WRITE;\nINSERT INTO `t` VALUES\n(1,'a),(b'),\n(2,'c');\nINSERT INTO `t` (`id`, `x`) VALUES (3,'\\n(');\nUNLOCK TABLES;\n",
  mysql:
    "LOCK TABLES `t` WRITE;\nINSERT INTO `t` VALUES (1,'a'),(2,'c');\nINSERT INTO `t` VALUES (3,'it\\'s),');\nUNLOCK TABLES;\n",
};

const chunk = (data: string, index = 0, object = 't'): PartChunk => ({
  part: { kind: 'table', object, section: 'rows', number: 1, index },
  data: Buffer.from(data),
});

describe.each(['mariadb', 'mysql'] as const)('the rows of a dump of %s', (flavour) => {
  const text = dumps[flavour];
  test('are counted, wherever its chunks are cut', () => {
    for (let size = 1; size <= text.length; size += 1) {
      const counter = createRowCounter(flavour);
      for (let at = 0; at < text.length; at += size) counter.observe(chunk(text.slice(at, at + size)));
      expect([size, counter.counts().get('t')]).toEqual([size, 3]);
    }
  });

  test('are counted by table, in parts that begin with a statement', () => {
    const counter = createRowCounter(flavour);
    const more = 'INSERT INTO `t` VALUES (9);\n';
    for (const each of [chunk(text), chunk(more, 1), chunk(more, 2), chunk(more, 0, 'u')])
      counter.observe(each);
    expect([...counter.counts()]).toEqual([
      ['t', 5],
      ['u', 1],
    ]);
  });
});

describe('rows of which a text looks like several', () => {
  const text = "INSERT INTO `t` VALUES (1,'a),(b'),(2,'\\\\'),(3,'),(\\'),('),(4,NULL);\n";

  test('are too many at first sight, and right when looked at', async () => {
    const counter = createRowCounter('mysql');
    counter.observe(chunk(text));
    expect(counter.counts().get('t')).toBe(7);
    for (const size of [1, 7, text.length]) {
      const pieces = async function* (): AsyncGenerator<Buffer> {
        yield Buffer.from('\n');
        for (let at = 0; at < text.length; at += size)
          yield await Promise.resolve(Buffer.from(text.slice(at, at + size)));
      };
      expect(await countRowsExactly(pieces())).toBe(4);
    }
  });
});

describe('a number of rows in a dump', () => {
  test.each([
    ['that both counts have', 10, 10, 10, false, 0, false],
    ['that only the count from before has', 10, 10, 12, true, 5, false],
    ['between the counts', 11, 10, 12, true, 5, false],
    ['that nobody wrote', 1000, 4100, 4100, false, 900, true],
    ['that is too large, and nobody wrote', 11, 10, 10, false, 900, true],
    ['that writers explain', 11, 10, 10, true, 900, false],
    ['that writers do not explain', 1000, 4100, 4100, true, 900, true],
    ['where the server does not say who wrote', 1000, 4100, 4100, undefined, 900, true],
    ['of a table that is gone', 5, 10, undefined, undefined, 0, false],
    ['of a table that could not be counted', 5, undefined, 10, undefined, 0, false],
  ] as const)('%s', (_what, dumped, before, after, written, writes, unexplained) => {
    expect(isUnexplained(dumped, { before, after, written, writes })).toBe(unexplained);
  });
});

test('small tables next to each other are counted together, large ones by themselves', () => {
  const groups = (...sizes: number[]): number[][] =>
    countedTogether(sizes.map((bytes, at) => ({ name: `t${at}`, source: `t${at}`, bytes }))).map((group) =>
      group.map(({ bytes }) => bytes),
    );
  const mib = 1024 * 1024;
  expect(groups()).toEqual([]);
  expect(groups(0, 100, mib)).toEqual([[0, 100, mib]]);
  expect(groups(1, 100 * mib, 2, 8 * mib, 3)).toEqual([[1], [100 * mib], [2], [8 * mib], [3]]);
  expect(groups(...Array.from({ length: 130 }, () => 1)).map(({ length }) => length)).toEqual([64, 64, 2]);
});
