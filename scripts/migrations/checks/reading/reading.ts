import type { LexicalMode } from '../../../sql/lexer.ts';
import type { Statement } from '../../../sql/statement.ts';
import { tokensOfStatement, type SqlToken } from './tokens.ts';

/** A statement, taken apart for the checks. */
export interface StatementReading {
  readonly statement: Statement;
  /** How its quotes are read. */
  readonly mode: LexicalMode;
  /** All of it, without comments. */
  readonly tokens: readonly SqlToken[];
  /** What it executes: itself, or the statements inside of it. */
  readonly units: readonly (readonly SqlToken[])[];
}

/** Takes a statement apart, with the quotes that its sql_mode has. */
export function readStatement(statement: Statement, mode: LexicalMode): StatementReading {
  const tokens = tokensOfStatement(statement.text, mode);
  return { statement, mode, tokens, units: unitsOf(tokens) };
}

const blockWords = new Set(['BEGIN', 'THEN', 'ELSE', 'DO', 'LOOP', 'REPEAT', ';']);

/**
 * MariaDB's anonymous block (BEGIN NOT ATOMIC … END) and SET STATEMENT … FOR run other statements at once; the body of
 * a routine, trigger or event runs later, if ever.
 */
function unitsOf(tokens: readonly SqlToken[]): (readonly SqlToken[])[] {
  const [first, second, third] = tokens.slice(0, 3).map(({ keyword }) => keyword);
  if (first === 'SET' && second === 'STATEMENT') {
    const at = tokens.findIndex((token) => token.keyword === 'FOR');
    return at < 0 ? [tokens] : [tokens.slice(at + 1)];
  }
  if (first !== 'BEGIN' || second !== 'NOT' || third !== 'ATOMIC') return [withoutCtes(tokens)];
  const units: (readonly SqlToken[])[] = [];
  let start = 3;
  for (const [index, { keyword }] of tokens.entries()) {
    if (index < 3 || !blockWords.has(keyword)) continue;
    if (index > start) units.push(withoutCtes(tokens.slice(start, index)));
    start = index + 1;
  }
  return [...units, withoutCtes(tokens.slice(start))];
}

const verbs = new Set(['SELECT', 'UPDATE', 'DELETE', 'INSERT', 'REPLACE', 'VALUES', 'TABLE']);

/** `WITH a AS (…) DELETE …`: from DELETE on. */
function withoutCtes(tokens: readonly SqlToken[]): readonly SqlToken[] {
  if (tokens[0]?.keyword !== 'WITH') return tokens;
  let depth = 0;
  const at = tokens.findIndex(({ keyword }) => {
    if (keyword === '(') depth += 1;
    if (keyword === ')') depth -= 1;
    return depth === 0 && verbs.has(keyword);
  });
  return at < 0 ? tokens : tokens.slice(at);
}
