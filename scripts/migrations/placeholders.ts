import type { Placeholder } from '../config/types.ts';
import { escaped } from '../system/regular-expression.ts';

/** Bytes as text in which each is a character, so that a text in any place of them can be looked for. */
const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Whether a byte goes on with a character of UTF-8 that began before it. */
const goesOn = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xc0) === 0x80;

/**
 * Replaces the placeholders of MIGRATIONS_PLACEHOLDERS in a script as it streams by: each as it stands, where two begin at the same
 * place the longer one, and never in what was put in for another. Chunks may be cut anywhere; characters stay whole.
 */
export async function* withValues(
  chunks: AsyncIterable<Buffer>,
  placeholders: readonly Placeholder[],
): AsyncGenerator<Buffer, void, undefined> {
  const { values, anyOfThem, longest } = finderOf(placeholders);
  let held = '';
  for await (const chunk of chunks) {
    const text = held + chunk.toString('latin1');
    // What begins behind this may go on in the next chunk.
    const { replaced, end } = replaceUpTo(text, Math.max(0, text.length - longest + 1));
    held = text.slice(end);
    if (replaced !== '') yield Buffer.from(replaced, 'latin1');
  }
  const { replaced } = replaceUpTo(held, held.length);
  if (replaced !== '') yield Buffer.from(replaced, 'latin1');

  function replaceUpTo(text: string, limit: number): { replaced: string; end: number } {
    let replaced = '';
    let end = 0;
    anyOfThem.lastIndex = 0;
    for (let found = anyOfThem.exec(text); found !== null; found = anyOfThem.exec(text)) {
      if (found.index >= limit) break;
      replaced += text.slice(end, found.index) + (values.get(found[0]) ?? '');
      end = found.index + found[0].length;
    }
    let cut = Math.max(end, limit);
    while (cut > end && cut < text.length && goesOn(text, cut)) cut -= 1;
    return { replaced: replaced + text.slice(end, cut), end: cut };
  }
}

/** A text with its placeholders replaced, as `withValues` does it. Pure. */
export function textWithValues(text: string, placeholders: readonly Placeholder[]): string {
  if (placeholders.length === 0) return text;
  const { values, anyOfThem } = finderOf(placeholders);
  const replaced = bytesOf(text).replaceAll(anyOfThem, (found) => values.get(found) ?? '');
  return Buffer.from(replaced, 'latin1').toString('utf8');
}

function finderOf(placeholders: readonly Placeholder[]): {
  readonly values: ReadonlyMap<string, string>;
  readonly anyOfThem: RegExp;
  readonly longest: number;
} {
  const values = new Map(placeholders.map(({ text, value }) => [bytesOf(text), bytesOf(value)]));
  const longestFirst = [...values.keys()].sort((a, b) => b.length - a.length);
  const anyOfThem = new RegExp(longestFirst.map(escaped).join('|'), 'g');
  return { values, anyOfThem, longest: longestFirst[0]?.length ?? 0 };
}

/** What stands for what, as a receipt keeps it; the same text for the same settings, in whatever order. Pure. */
export const placeholdersText = (placeholders: readonly Placeholder[] = []): string =>
  placeholders
    .map(({ text, value }) => `${text}=${value}`)
    .sort()
    .join(',');
