import {
  endOfComment,
  endOfQuoted,
  isLineComment,
  lineEnd,
  versionedOpening,
  type LexicalMode,
} from '../../../sql/lexer.ts';

const insertHead = /^\s*(?:insert|replace)\b[^'"();]*(?:\([^'"();]*\)\s*)?values?\b/i;
const [quote, doubleQuote, backtick, dot] = [39, 34, 96, 46];

/**
 * Of an INSERT of values what stands before them: the values of a seed are most of it, and reach nothing without a dot
 * between names. All of it where they have one, or a versioned comment; of any other statement all of it.
 */
export function withoutRows(text: string, mode: LexicalMode): string {
  const head = insertHead.exec(text)?.[0];
  if (head === undefined) return text;
  for (let index = head.length; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote || code === doubleQuote || code === backtick) {
      const end = endOfQuoted(text, index, mode);
      if (end < 0) return text;
      index = end - 1;
    } else if (code === dot) {
      if (!isInNumber(text, index)) return text;
    } else if (versionedOpening(text, index) > 0) return text;
    else if (text.startsWith('/*', index)) {
      const end = endOfComment(text, index);
      if (end < 0) return text;
      index = end - 1;
    } else if (isLineComment(text, index)) index = lineEnd(text, index);
  }
  return head;
}

/** No name is longer (64 characters, quoted and doubled). */
const farBack = 200;

/** `1.5`, `1.`, and `.5` where no name stands before it. */
function isInNumber(text: string, at: number): boolean {
  const before = /[\p{L}\p{N}_$`"]*\s*$/u.exec(text.slice(Math.max(0, at - farBack), at))?.[0] ?? '';
  return before.trim() === '' ? /\d/.test(text.charAt(at + 1)) : /^\d+$/.test(before);
}
