import { sha256OfText } from '../core/text-hash.ts';
import { tokensOf, wordSet, type LexicalMode } from './lexer.ts';
import { autocommitSetBy } from './sql-mode.ts';

/**
 * What a statement does to the transaction that it runs in:
 * - `rows`: changes rows (or only reads); commits with whoever opened the transaction
 * - `session`: changes no rows and no schema (SET, PREPARE, temporary tables)
 * - `alone`: commits by itself (DDL and whatever is not known)
 * - `call`: runs code that may commit (CALL, EXECUTE)
 * - the others are what their name says
 */
export type StatementKind =
  | 'rows'
  | 'session'
  | 'alone'
  | 'call'
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'lock'
  | 'unlock'
  | 'autocommit-on'
  | 'autocommit-off';

/** One statement of a script, as it is sent to the server. */
export interface Statement {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** sha256 of the text. */
  readonly hash: string;
  readonly kind: StatementKind;
  /** It is none of the script's own, but of MIGRATIONS_AFTER_EACH. */
  readonly isAfter?: true;
}

/** How far a script has come: how many of its statements are done, and one hash for all of them. */
export interface StatementProgress {
  readonly done: number;
  readonly hash: string;
}

/** Of a script that has not begun. */
export const noProgress: StatementProgress = { done: 0, hash: sha256OfText('') };

/** The progress once the next statement is done, too. */
export const progressAfter = (
  before: StatementProgress,
  statement: Pick<Statement, 'hash'>,
): StatementProgress => ({
  done: before.done + 1,
  hash: sha256OfText(`${before.hash}\n${statement.hash}`),
});

/** Kinds that the first word tells alone. */
const kinds: readonly (readonly [StatementKind, ReadonlySet<string>])[] = [
  ['rows', wordSet('( INSERT REPLACE UPDATE DELETE WITH SELECT VALUES TABLE DO SHOW EXPLAIN DESCRIBE DESC')],
  ['rows', wordSet('HANDLER HELP CHECKSUM KILL')],
  ['session', wordSet('PREPARE DEALLOCATE SAVEPOINT RELEASE')],
  ['call', wordSet('CALL EXECUTE')],
  ['commit', wordSet('COMMIT')],
  ['unlock', wordSet('UNLOCK')],
];

/** What kind of statement this is; see `StatementKind`. */
export function kindOf(text: string, mode: LexicalMode): StatementKind {
  const [first = '', second = '', third = ''] = firstTokens(text, mode, 3);
  switch (first) {
    case 'SET':
      return kindOfSet(text, second);
    case 'LOAD':
      return second === 'DATA' || second === 'XML' ? 'rows' : 'alone';
    case 'START':
      return second === 'TRANSACTION' ? 'begin' : 'alone';
    case 'BEGIN':
      // MariaDB's anonymous block: BEGIN NOT ATOMIC … END.
      return second === 'NOT' ? 'call' : 'begin';
    case 'ROLLBACK':
      return second === 'TO' || third === 'TO' ? 'session' : 'rollback';
    case 'LOCK':
      return second.startsWith('TABLE') ? 'lock' : 'alone';
    case 'CREATE':
    case 'DROP':
      return second === 'TEMPORARY' || (second === 'OR' && text.toUpperCase().includes(' TEMPORARY '))
        ? 'session'
        : 'alone';
    default:
      return kinds.find(([, words]) => words.has(first))?.[0] ?? 'alone';
  }
}

function kindOfSet(text: string, second: string): StatementKind {
  const autocommit = autocommitSetBy(text);
  if (autocommit !== undefined) return `autocommit-${autocommit}`;
  // SET STATEMENT … FOR (MariaDB) runs another statement.
  if (second === 'STATEMENT') return 'call';
  return second === 'PASSWORD' || second === 'DEFAULT' ? 'alone' : 'session';
}

/** The first few tokens of a statement. */
export function firstTokens(text: string, mode: LexicalMode, count: number): string[] {
  const found: string[] = [];
  for (const token of tokensOf(text, mode)) {
    found.push(token);
    if (found.length === count) break;
  }
  return found;
}

const routineWords = new Set(['PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT', 'PACKAGE']);

/**
 * Whether a statement that ended at `;` is the torn-off beginning of a routine, trigger or event: one of its blocks
 * is still open. When in doubt the answer is no: the server refuses such a piece by itself.
 */
export function isTornRoutine(text: string, mode: LexicalMode): boolean {
  const [first, second] = firstTokens(text, mode, 2);
  const anonymous = first === 'BEGIN' && second === 'NOT';
  if (first !== 'CREATE' && first !== 'ALTER' && !anonymous) return false;
  const tokens = [...tokensOf(text, mode)];
  const at = tokens.findIndex((token) => routineWords.has(token));
  const isRoutine =
    at > 0 && !tokens.slice(0, at).some((token) => token === 'TABLE' || token === 'VIEW' || token === '(');
  return (isRoutine || anonymous) && openBlocks(tokens) > 0;
}

function openBlocks(tokens: readonly string[]): number {
  const open: string[] = [];
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    const next = tokens[index + 1];
    // A name: a column called `begin` is legal without quotes.
    if (before === '.' || before === '@' || next === '.') continue;
    if (token === 'END') open.pop();
    else if (before === 'END') continue;
    else if (token === 'BEGIN' || token === 'CASE' || token === 'LOOP' || token === 'WHILE') open.push(token);
    else if (token === 'REPEAT' && next !== '(') open.push(token);
    else if (token === 'THEN' && open.at(-1) !== 'CASE' && open.at(-1) !== 'THEN') open.push(token);
  }
  return open.length;
}
