import { flavours, traitsOf, type Flavour } from './flavour.ts';
import type { LexicalMode } from './lexer.ts';
import { byte, dollarTagEnd, isBytesAt, isDashComment, lineEndOf } from './script-bytes.ts';

/** How a script is read at some place. */
export interface ClientReading {
  /** Whose client reads; undefined: both must read the same. */
  readonly flavour: Flavour | undefined;
  readonly mode: LexicalMode;
  readonly delimiter: Buffer;
}

/** A comment that the client keeps: it knows that it is in one to the end of the line only. */
type Kept = 'no' | 'versioned' | 'hint';

/**
 * Whether the client reads a piece of a script as one thing: no delimiter in it, and nothing open at its end. For what is
 * easily read in another way: comments in comments, hints over several lines, dollar quotes. The client goes line by
 * line, so that it forgets at each line's end that it is in a versioned comment or a hint (`ss_comment` of `add_line` in
 * client/mysql.cc; the test on the clients themselves holds it to what they do).
 */
export function readAsOne(bytes: Buffer, from: number, to: number, reading: ClientReading): boolean {
  return flavours
    .filter((flavour) => reading.flavour === undefined || reading.flavour === flavour)
    .every((flavour) => isOne(bytes, from, to, reading, flavour));
}

function isOne(bytes: Buffer, from: number, to: number, reading: ClientReading, flavour: Flavour): boolean {
  const { dollarQuotes, escapesInNames, hints, ownVersionedComments } = traitsOf[flavour].client;
  const { mode, delimiter } = reading;
  let quote = 0;
  let tag: Buffer | undefined;
  let inComment = false;
  let kept: Kept = 'no';

  const escapes = (): boolean => {
    if (quote !== 0 && mode.noBackslashEscapes) return false;
    return escapesInNames || (quote !== byte.backtick && !(quote === byte.doubleQuote && mode.ansiQuotes));
  };
  const opensKept = (at: number): Kept => {
    if (bytes[at + 2] === byte.exclamation) return 'versioned';
    return hints && bytes[at + 2] === byte.plus ? 'hint' : 'no';
  };
  const isMariadbOpening = (at: number): boolean =>
    ownVersionedComments && bytes[at + 2] === byte.capitalM && bytes[at + 3] === byte.exclamation;

  for (let at = from; at < to; at += 1) {
    const code = bytes[at] ?? 0;
    const opens = quote === 0 && code === byte.slash && bytes[at + 1] === byte.star;
    const closes = quote === 0 && code === byte.star && bytes[at + 1] === byte.slash;
    const inHint = kept === 'hint';
    if (code === byte.lineFeed) {
      kept = 'no';
    } else if (!inComment && code === byte.backslash && escapes()) {
      if (bytes[at + 1] === byte.lineFeed) continue;
      if (quote === 0 && bytes[at + 1] !== byte.capitalN) return false;
      if (!(quote === byte.backtick && bytes[at + 1] === byte.backtick)) at += 1;
    } else if (!inComment && quote === 0 && !inHint && isBytesAt(bytes, at, delimiter)) {
      return false;
    } else if (!inComment && quote === 0 && !inHint && isLineComment(bytes, at, to)) {
      const lineEnd = lineEndOf(bytes, at, to);
      // It hides the end of the piece.
      if (lineEnd === to) return false;
      at = lineEnd - 1;
    } else if (opens && !inHint && opensKept(at) === 'no' && !isMariadbOpening(at)) {
      inComment = true;
      at += 1;
    } else if (inComment && closes && kept === 'no') {
      inComment = false;
      at += 1;
    } else {
      if (opens) kept = opensKept(at) === 'no' ? kept : opensKept(at);
      else if (closes) kept = 'no';
      if (quote !== 0 && code === quote) {
        if (tag === undefined || isBytesAt(bytes, at, tag)) {
          at += (tag?.length ?? 1) - 1;
          quote = 0;
          tag = undefined;
        }
      } else if (!inComment && quote === 0 && !inHint) {
        if (code === byte.quote || code === byte.doubleQuote || code === byte.backtick) quote = code;
        const end = dollarQuotes && code === byte.dollar ? dollarTagEnd(bytes, at, to) : 0;
        if (end > 0) {
          quote = code;
          tag = bytes.subarray(at, end);
          at = end - 1;
        }
      }
    }
  }
  return quote === 0 && !inComment && kept === 'no';
}

const isLineComment = (bytes: Buffer, at: number, to: number): boolean =>
  bytes[at] === byte.hash || (bytes[at] === byte.minus && isDashComment(bytes, at, to));
