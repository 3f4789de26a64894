import { assignments, isSet } from './sql-mode.ts';

/**
 * Charsets of clients in which the second byte of a character may be a backslash or a backtick (`my_ismbchar` of the
 * servers' strings/ctype-*.c): with which bytes such a character begins, of those that end one in UTF-8.
 */
const swallowing = {
  big5: { from: 0xa1, to: 0xbf },
  cp932: { from: 0x81, to: 0x9f },
  gb18030: { from: 0x81, to: 0xbf },
  gbk: { from: 0x81, to: 0xbf },
  sjis: { from: 0x81, to: 0x9f },
} as const;

/** The name of one of them. */
export type SwallowingCharset = keyof typeof swallowing;

const all = Object.keys(swallowing) as readonly SwallowingCharset[];

/** What is known of the session's charset at a place in a script. */
export interface CharsetState {
  /** Those of these charsets in which the server may read the next statement. */
  readonly possible: readonly SwallowingCharset[];
  /** Those that the script has named so far: a variable or a procedure may hold one. */
  readonly named: readonly SwallowingCharset[];
}

/** A script begins in utf8mb4. */
export const initialCharsetState: CharsetState = { possible: [], named: [] };

const name = /\b(?:big5|cp932|gb18030|gbk|sjis)\b/gi;
const clientCharset =
  /^\s*(?:names\b|character\s+set\b|charset\b|(?:(?:session|local)\s+|@@(?:(?:session|local)\.)?)?character_set_client\s*:?=)\s*([\s\S]*)$/i;
const runsOther = /^\s*(?:\/\*M?!\d*\s*)?(?:call|execute|begin\s+not)\b/i;
const versioned = /^\s*\/\*/;

/** The state after a statement. What a procedure does that was there before the script is not known. */
export function followCharset(state: CharsetState, statement: string): CharsetState {
  const words = statement.match(name) ?? [];
  const named = words.length === 0 ? state.named : union(state.named, known(words));
  if (runsOther.test(statement)) return { possible: union(state.possible, named), named };
  if (!isSet(statement)) return { ...state, named };
  let possible = words.length === 0 ? state.possible : union(state.possible, known(words));
  for (const item of assignments(statement)) {
    const value = clientCharset.exec(item)?.[1];
    if (value === undefined) continue;
    const set = charsetsOf(value, named);
    // Not every server executes what is in a versioned comment.
    possible = versioned.test(statement) ? union(possible, set) : set;
  }
  return { possible, named };
}

/** What a charset may be set to; by a number or by the server's default it may be any. */
function charsetsOf(value: string, named: readonly SwallowingCharset[]): readonly SwallowingCharset[] {
  const word = /^['"`]?([a-z]\w*)/i.exec(value)?.[1]?.toLowerCase();
  if (word !== undefined && word !== 'default') return known([word]);
  return /^@(?!@global)/i.test(value) ? named : all;
}

const known = (words: readonly string[]): SwallowingCharset[] =>
  all.filter((charset) => words.some((word) => word.toLowerCase() === charset));

const union = (
  some: readonly SwallowingCharset[],
  others: readonly SwallowingCharset[],
): readonly SwallowingCharset[] => [...new Set([...some, ...others])];

const backslash = 92;
const backtick = 96;

/**
 * The charset in which the server may take a backslash or backtick of a statement for the second half of a character,
 * and then see the end of a text or name elsewhere than the client, which reads UTF-8 all the time; undefined: it is
 * certain that both see the same. (No other byte that means something can be the second of a character in any charset
 * of clients. Which bytes belong together depends on what is before them: asked is whether they can.)
 */
export function swallowedIn(bytes: Uint8Array, { possible }: CharsetState): SwallowingCharset | undefined {
  return possible.find((charset) => {
    const { from, to } = swallowing[charset];
    return bytes.some((code, at) => {
      const before = bytes[at - 1] ?? 0;
      return (code === backslash || code === backtick) && before >= from && before <= to;
    });
  });
}
