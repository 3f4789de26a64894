import { describe, expect, it } from 'vitest';
import { isUnprintable, oneLine, printable } from '../../../scripts/core/format.ts';

describe('text that may come from anywhere', () => {
  it.each<[string, string, string]>([
    ['what every text is', 'shop 1.1.0: “é” 数 \\ \u{1f600}', 'shop 1.1.0: “é” 数 \\ \u{1f600}'],
    ['line ends and tabs', 'a\tb\nc', 'a\tb\nc'],
    ['a sequence that sets the title', '\u001b]0;owned\u0007', String.raw`\x1b]0;owned\x07`],
    ['a line that is written over', 'bad\r\u001b[2Kok', String.raw`bad\x0d\x1b[2Kok`],
    ['NUL, backspace and DEL', '\0\b\u007f', String.raw`\x00\x08\u007f`],
    ['the first and the last of C1', '\u0080\u009b\u009f\u00a0', `${String.raw`\u0080\u009b\u009f`}\u00a0`],
    ['marks of direction', '\u200e\u200f\u061c', String.raw`\u200e\u200f\u061c`],
    [
      'embeddings and overrides',
      '\u202a\u202b\u202c\u202d\u202e\u202f',
      `${String.raw`\u202a\u202b\u202c\u202d\u202e`}\u202f`,
    ],
    [
      'isolates',
      '\u2065\u2066\u2067\u2068\u2069\u206a',
      `\u2065${String.raw`\u2066\u2067\u2068\u2069`}\u206a`,
    ],
    ['separators of lines and paragraphs', '\u2027\u2028\u2029', `\u2027${String.raw`\u2028\u2029`}`],
    ['joiners, which words and emoji are written with', '\u200c\u200d', '\u200c\u200d'],
  ])('is printable: %s', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
    expect(printable(expected)).toBe(expected);
  });

  it('is one line where it is a name', () => {
    expect(oneLine('a\u001b[31mb\nok    All is well\r\tc')).toBe(
      `${String.raw`a\x1b[31mb\nok    All is well\x0d`}\tc`,
    );
  });

  it('stays the JSON that it was', () => {
    const every = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code)).join('');
    const text = printable(JSON.stringify({ every, escaped: `\\${every}` }));
    expect(JSON.parse(text)).toEqual({ every, escaped: `\\${every}` });
    expect(isUnprintable(text)).toBe(false);
  });

  it.each<[string, boolean]>([
    ['src/é.php', false],
    ['', false],
    ['a\nb', true],
    ['a\tb', true],
    ['a\u009bb', true],
    ['a\u202eb', true],
  ])('is told from what is printable: %j', (text, expected) => {
    expect(isUnprintable(text)).toBe(expected);
    // Twice, for a pattern that remembers where it was would answer otherwise.
    expect(isUnprintable(text)).toBe(expected);
  });
});
