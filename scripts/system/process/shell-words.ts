/**
 * Takes a command line apart as a POSIX shell would: blanks separate words, quotes of both kinds and backslashes hold
 * them together. Nothing is expanded: `$HOME`, `~` and `*` stand for themselves.
 *
 * @returns undefined when a quote is not closed, or the last character is a backslash
 */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < text.length) {
    const piece = nextPiece.exec(text.slice(at))?.[0];
    if (piece === undefined) return undefined;
    at += piece.length;
    if (/^[ \t\n]/.test(piece)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + unquoted(piece);
    }
  }
  return word === undefined ? words : [...words, word];
}

/** Blanks; `'…'`; `"…"`, in which a backslash may stand before a quote; a backslash and its character; or plain text. */
const nextPiece = /^(?:[ \t\n]+|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|[^ \t\n'"\\]+)/;

function unquoted(piece: string): string {
  if (piece.startsWith("'")) return piece.slice(1, -1);
  // Within double quotes a backslash stands for itself before any other character; a line end after it is dropped.
  if (piece.startsWith('"'))
    return piece
      .slice(1, -1)
      .replaceAll(/\\(["\\$`])/g, '$1')
      .replaceAll('\\\n', '');
  return piece.startsWith('\\') ? piece.slice(1).replace('\n', '') : piece;
}

/** Words as one command line of a POSIX shell; zx's own `quote` writes `$'…'`, which dash does not know. */
export const quoteWords = (words: readonly string[]): string =>
  words.map((word) => (/^[\w/.:=@+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
