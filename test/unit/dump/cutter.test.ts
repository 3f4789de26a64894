import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createCutter, rowBytesOfParts } from '../../../scripts/dump/cutter.ts';
import { partFileName } from '../../../scripts/dump/part.ts';

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/dumps/${name}.sql`, import.meta.url));

/** The parts of a dump that comes in chunks of these sizes, over and over. */
function cut(dump: Buffer, sizes: readonly number[], rowBytes: number): Map<string, string> {
  const parts = new Map<string, string>();
  const cutter = createCutter(rowBytes);
  const keep = (chunks: ReturnType<typeof cutter.push>): void => {
    for (const { part, data } of chunks) {
      const name = partFileName(part);
      parts.set(name, (parts.get(name) ?? '') + data.toString('latin1'));
    }
  };
  for (let at = 0, turn = 0; at < dump.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? dump.length;
    keep(cutter.push(dump.subarray(at, at + size)));
    at += size;
  }
  keep(cutter.end());
  return parts;
}

describe.each(['mariadb', 'mysql'])('a dump of %s', (flavour) => {
  const dump = fixture(flavour);

  test('is cut at its tables, at statement ends within rows, and before what follows them', () => {
    const names = [...cut(dump, [dump.length], 60).keys()];
    expect(names).toMatchSnapshot();
  });

  test('gives its parts in the order of their names, whatever their sizes', () => {
    const names = [...cut(dump, [dump.length], 1).keys()];
    expect(names).toEqual([...names].sort());
  });

  test('starts every further piece of rows with a statement', () => {
    const pieces = [...cut(dump, [dump.length], 1)].filter(([name]) => /data-(?!000)/.test(name));
    for (const [, text] of pieces) expect(text).toMatch(/^INSERT INTO /);
  });

  test('gives the same parts, and in them every byte, however it is chunked', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 5000 }), (chunkSizes, rowBytes) => {
        const parts = cut(dump, chunkSizes, rowBytes);
        expect([...parts.values()].join('')).toBe(dump.toString('latin1'));
        expect(parts).toEqual(cut(dump, [dump.length], rowBytes));
      }),
      { numRuns: 200 },
    );
  });

  test('gives the same parts in chunks as large as those of a pipe, wherever they end', () => {
    const large = Buffer.concat([dump, dump, dump]);
    const whole = cut(large, [large.length], 2000);
    const sizes = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(sizes, (chunkSizes) => {
        expect(cut(large, chunkSizes, 2000)).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  test('is not cut within the body of a trigger that looks like a dump', () => {
    const names = [...cut(dump, [dump.length], 1000).keys()].join(' ');
    expect(names).not.toContain('not_a_table');
  });

  test('has the rows of a table in nothing but its rows part', () => {
    const parts = cut(dump, [1000], 1_000_000);
    const holding = [...parts].filter(([, text]) => text.includes('INSERT INTO `nopk`'));
    expect(holding.map(([name]) => name)).toEqual([expect.stringMatching(/nopk\.2-data-000\.sql$/)]);
    const rows = holding[0]?.[1] ?? '';
    expect(rows).toMatch(/LOCK TABLES `nopk` WRITE;\n/);
    expect(rows.endsWith('UNLOCK TABLES;\n')).toBe(true);
  });
});

test('a name that holds a line break is read to its end', () => {
  const dump = Buffer.from(
    [
      '--\n-- Table structure for table `new\n-- ``line`\n--\n\nCREATE TABLE `new\n``line` (a int);\n\n',
      '--\n-- Dumping data for table `new\n-- ``line`\n--\n\nLOCK TABLES `new\n``line` WRITE;\n',
      'INSERT INTO `new\n``line` VALUES (1);\nUNLOCK TABLES;\n\n',
      '--\n-- Table structure for table `z`\n--\n\nCREATE TABLE `z` (a int);\n',
    ].join(''),
  );
  for (const size of [1, 7, dump.length]) {
    const cutter = createCutter(rowBytesOfParts);
    const found = new Map<string, string>();
    const keep = (chunks: ReturnType<typeof cutter.push>): void => {
      for (const { part, data } of chunks) {
        const key = `${part.object ?? ''} ${part.section}`;
        found.set(key, (found.get(key) ?? '') + data.toString());
      }
    };
    for (let at = 0; at < dump.length; at += size) keep(cutter.push(dump.subarray(at, at + size)));
    keep(cutter.end());
    expect([...found.keys()].filter((key) => key !== ' structure')).toEqual([
      'new\n`line structure',
      'new\n`line rows',
      'z structure',
    ]);
    expect([...found.values()].join('')).toBe(dump.toString());
  }
});

test('any bytes at all come out as they went in', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '\n',
      '--\n',
      '-- Table structure for table `t`\n',
      '-- Dumping data for table `t`\n',
      'LOCK TABLES `t` WRITE;\n',
      'INSERT INTO `t` VALUES (1);\n',
      "INSERT INTO `t` VALUES ('" + 'x'.repeat(1500) + "');\n",
      'UNLOCK TABLES;\n',
      'commit;\n',
      'DELIMITER ;;\n',
      'DELIMITER ;\n',
      '-- Dumping events for database `d`\n',
      'y'.repeat(2500) + '\n',
      'no line end',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 300 }),
      (lines, sizes, rowBytes) => {
        const dump = Buffer.from(lines.join(''));
        const whole = cut(dump, [dump.length + 1], rowBytes);
        const parts = cut(dump, sizes, rowBytes);
        expect(parts).toEqual(whole);
      },
    ),
    { numRuns: 500 },
  );
});
