import { describe, expect, test } from 'vitest';
import { createLengthCheck } from '../../../scripts/dump/rows-in-dump.ts';

const rows = { kind: 'table', object: 'photos', section: 'rows', number: 1, index: 0 } as const;

/** Shows a text to the check, in chunks of so many bytes. */
function shown(text: string, most: number, chunk: number, part: object = rows): void {
  const check = createLengthCheck(most);
  const data = Buffer.from(text);
  for (let at = 0; at < data.length; at += chunk)
    check({ part: { ...rows, ...part }, data: data.subarray(at, at + chunk) });
}

/** A statement of so many bytes, without its end. */
const statement = (bytes: number): string => `INSERT (${'x'.repeat(bytes - 'INSERT ()'.length)})`;

describe('statements longer than a server takes', () => {
  test.each([1, 2, 3, 7, 50, 1000])('are told by their table, in chunks of %i bytes', (chunk) => {
    const fits = `LOCK TABLES photos WRITE;\n${statement(98)};\n${statement(98)};\nUNLOCK TABLES;\n`;
    expect(() => shown(fits, 100, chunk)).not.toThrow();
    // The server counts the byte that says that it is a statement, too.
    const longer = `${statement(50)};\n${statement(99)};\n${statement(50)};\n`;
    expect(() => shown(longer, 100, chunk)).toThrow(/photos/);
  });

  test('are those of rows: of what else a dump holds, nothing is', () => {
    expect(() => shown(statement(200), 100, 10, { section: 'after' })).not.toThrow();
  });

  test('a semicolon or a line end alone ends none', () => {
    expect(() => shown(`INSERT ('${'a;b'.repeat(40)}');\n`, 100, 10)).toThrow(/photos/);
    expect(() => shown(`INSERT VALUES\n${'(1,2),\n'.repeat(40)};\n`, 100, 10)).toThrow(/photos/);
  });
});
