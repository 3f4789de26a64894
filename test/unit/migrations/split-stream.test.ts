import fc from 'fast-check';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { MajError } from '../../../scripts/core/errors.ts';
import { splitStatements, splitStream, type SplitOptions } from '../../../scripts/sql/splitter.ts';
import { generateScript } from '../../helpers/script-generator.ts';

/** What came of a script: its statements, and what was refused, with its place. */
interface Outcome {
  readonly statements: readonly object[];
  readonly error?: string;
}

async function streamed(chunks: readonly Buffer[], options: SplitOptions): Promise<Outcome> {
  const statements: object[] = [];
  try {
    for await (const statement of splitStream(Readable.from(chunks), options)) statements.push(statement);
    return { statements };
  } catch (error) {
    if (error instanceof MajError) return { statements, error: error.message };
    throw error;
  }
}

function atOnce(text: string, options: SplitOptions): Outcome {
  try {
    return { statements: splitStatements(text, options) };
  } catch (error) {
    if (error instanceof MajError) return { statements: [], error: error.message };
    throw error;
  }
}

/** A text as bytes, cut before some of them. */
function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...cuts, bytes.length].map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end));
}

/** A generated script as `normalChunks` gives it. */
const script = fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seed) =>
  generateScript(seed)
    .join('')
    .replace(/^\ufeff/, '')
    .replaceAll('\r\n', '\n'),
);
const flavour = fc.constantFrom(undefined, 'mariadb' as const, 'mysql' as const);

describe('a script that streams', () => {
  test('gives the same statements and the same error, wherever its chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        script,
        flavour,
        fc.array(fc.nat(), { maxLength: 12 }),
        async (text, flavour, places) => {
          const options = { file: 'x.sql', flavour };
          const whole = atOnce(text, options);
          const outcome = await streamed(cut(text, places), options);
          expect(outcome.error).toBe(whole.error);
          if (whole.error === undefined) expect(outcome.statements).toEqual(whole.statements);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('gives the same one byte at a time', async () => {
    await fc.assert(
      fc.asyncProperty(script, flavour, async (text, flavour) => {
        const options = { file: 'x.sql', flavour };
        const bytes = [...Buffer.from(text)].map((byte) => Buffer.of(byte));
        const whole = atOnce(text, options);
        const outcome = await streamed(bytes, options);
        expect(outcome.error).toBe(whole.error);
        if (whole.error === undefined) expect(outcome.statements).toEqual(whole.statements);
      }),
      { numRuns: 500 },
    );
  });

  // The delimiter begins with what would end the piece before it: only what follows tells which of the two it is.
  test.each([
    'DELIMITER "$a$ "\nx $a$\rEXPLAIN 12345678901234567890123456789 $a$ \n',
    'DELIMITER "/ "\nSELECT /* 12345678901234567890123456789 /* b */ 1/ \n',
    'DELIMITER "*/ "\nSELECT /*+ 12345678901234567890123456789 b */ 1*/ \n',
  ])('gives the same where a delimiter overlaps what ends before it: %j', async (text) => {
    for (const flavour of [undefined, 'mariadb', 'mysql'] as const) {
      const options = { file: 'x.sql', flavour };
      const bytes = [...Buffer.from(text)].map((byte) => Buffer.of(byte));
      const whole = atOnce(text, options);
      const outcome = await streamed(bytes, options);
      expect(outcome.error).toBe(whole.error);
      if (whole.error === undefined) expect(outcome.statements).toEqual(whole.statements);
    }
  });

  test('has given what is before an error', async () => {
    const options = { file: 'x.sql' };
    const { statements, error } = await streamed(
      cut("SELECT 1;\nSELECT 'é😀', 2;\nSELECT 'é", [15, 20]),
      options,
    );
    expect(statements).toMatchObject([
      { number: 1, text: 'SELECT 1', line: 1, column: 1 },
      { number: 2, text: "SELECT 'é😀', 2", line: 2, column: 1 },
    ]);
    expect(error).toContain('x.sql:3:8: a string begins here');
  });

  test('gives a statement as soon as its delimiter has come', async () => {
    const given: string[] = [];
    async function* chunks(): AsyncGenerator<Buffer, void> {
      yield Buffer.from(`SELECT 1;${' '.repeat(100)}`);
      given.push('the second chunk');
      await Promise.resolve();
      yield Buffer.from('SELECT 2');
    }
    for await (const { text } of splitStream(chunks(), { file: 'x.sql' })) given.push(text);
    expect(given).toEqual(['SELECT 1', 'the second chunk', 'SELECT 2']);
  });

  test('counts lines and columns through statements of many chunks', async () => {
    const rows = Array.from({ length: 5000 }, (_, row) => `(${row}, 'é😀 it''s; row')`).join(',\n');
    const text = `INSERT INTO a VALUES\n${rows}; SELECT 'é😀'; SELECT 2;`;
    const options = { file: 'x.sql' };
    const chunks = Array.from({ length: Math.ceil(text.length / 500) }, (_, index) => index * 700 + 1);
    expect(await streamed(cut(text, chunks), options)).toEqual(atOnce(text, options));
    expect(splitStatements(text, options)[2]).toMatchObject({ text: 'SELECT 2', line: 5001, column: 41 });
  });
});
