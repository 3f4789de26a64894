import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRowCutter, type StatementBytes } from '../../../../scripts/dump/row-statements.ts';

/** The statements of a text that comes in chunks of these sizes, over and over. */
function cut(text: string, sizes: readonly number[]): (readonly [StatementBytes['kind'], string, number])[] {
  const cutter = createRowCutter();
  const input = Buffer.from(text);
  const found: StatementBytes[] = [];
  for (let at = 0, turn = 0; at < input.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? input.length;
    found.push(...cutter.push(input.subarray(at, at + size)));
    at += size;
  }
  found.push(...cutter.end());
  return found.map(({ kind, bytes, offset }) => [kind, bytes.toString(), offset]);
}

const before = '--\n-- Dumping data for table `t`\n--\n\nLOCK TABLES `t` WRITE;\n';
const first = "INSERT INTO `t` VALUES (1,'a);\\nINSERT INTO'),\n(2,'UNLOCK TABLES;');\n";
const second = 'INSERT INTO `t` VALUES\n(3,NULL);\n';
const after = '/*!40000 ALTER TABLE `t` ENABLE KEYS */;\nUNLOCK TABLES;\n';
const text = before + first + second + after;

test('a part of rows is its INSERTs, and what is around them', () => {
  expect(cut(text, [text.length])).toEqual([
    ['other', before, 0],
    ['insert', first, before.length],
    ['insert', second, before.length + first.length],
    ['other', after, before.length + first.length + second.length],
  ]);
});

test('a further part of rows begins and ends with an INSERT', () => {
  expect(cut(first + second, [1000])).toEqual([
    ['insert', first, 0],
    ['insert', second, first.length],
  ]);
});

test('it is the same however it is chunked', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 }), (sizes) => {
      expect(cut(text, sizes)).toEqual(cut(text, [text.length]));
      expect(cut(first + second, sizes)).toEqual(cut(first + second, [text.length]));
    }),
    { numRuns: 300 },
  );
});

test('no byte is lost, whatever the text is', () => {
  const piece = fc.oneof(
    fc.constantFrom('INSERT ', ');\n', '\n', 'UNLOCK TABLES;\n', before, first, after),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
      (pieces, sizes) => {
        const whole = pieces.join('');
        expect(
          Buffer.from(
            cut(whole, sizes)
              .map(([, bytes]) => bytes)
              .join(''),
          ),
        ).toEqual(Buffer.from(Buffer.from(whole).toString()));
      },
    ),
  );
});
