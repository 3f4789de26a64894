import type { LexicalMode } from '../lexer.ts';
import { Cursor } from './cursor.ts';
import { createDynamicTexts } from './dynamic-texts.ts';
import { innerStatements } from './inner-statements.ts';
import { namedDatabases } from './named-databases.ts';
import type { Reading } from './reading.ts';
import { foundAt, type CheckOptions, type Found } from './rule.ts';
import { serverWide } from './server-wide.ts';
import { tokensOfStatement, type Token } from './tokens.ts';

/** What every server has, and what says something of the database only: no script can change it. */
const readOnly = new Set(['information_schema', 'performance_schema']);

/** What the statements of a script reach beyond what is in the database, each thing once a statement. */
export type Reach = (reading: Reading) => readonly Found[];

/**
 * Reads the statements of one script, one after the other: the one place that decides what may reach another database
 * or the server, for `maj migrate check`, the rehearsal and the live run alike. It looks into bodies of routines,
 * triggers and events, into versioned comments (with them, and as a server reads that leaves them out), and into dynamic
 * SQL as far as the text tells; what only the server knows is refused there (`confine` of the dry run).
 */
export function createReach({ database }: Pick<CheckOptions, 'database'>): Reach {
  const dynamicTexts = createDynamicTexts();

  function* named({
    name,
    start,
  }: {
    readonly name: string;
    readonly start: number;
  }): Generator<Found, void> {
    if (readOnly.has(name.toLowerCase())) return;
    const isOther = database !== undefined && name !== database;
    yield { code: isOther ? 'other-database' : 'qualified-name', start, object: name };
  }
  function* reachOf(tokens: readonly Token[], mode: LexicalMode): Generator<Found, void> {
    for (const statement of innerStatements(tokens)) {
      const cursor = new Cursor(statement);
      const used = cursor.take('USE') ? cursor.name() : undefined;
      if (used !== undefined) yield* named(used);
      for (const { name, start, drops } of databaseStatements(statement)) {
        yield* named({ name, start });
        if (drops) yield { code: 'drop-database', start, object: name };
      }
      for (const one of namedDatabases(statement)) yield* named(one);
      const changed = serverWide(statement);
      if (changed !== undefined) yield foundAt('server-wide', statement[0], { object: changed });
      for (const { text, start } of dynamicTexts(statement))
        for (const found of reachOf(tokensOfStatement(text, mode), mode)) yield { ...found, start };
    }
  }
  return ({ tokens, mode }) => {
    const found = new Map<string, Found>();
    const plain = tokens.filter(({ versioned }) => !versioned);
    for (const read of plain.length < tokens.length ? [tokens, plain] : [tokens])
      for (const one of reachOf(read, mode)) {
        const key = `${one.code} ${one.object ?? ''}`;
        if (!found.has(key)) found.set(key, one);
      }
    return [...found.values()];
  };
}

/** CREATE, ALTER and DROP DATABASE, wherever they stand: the words are reserved. */
function* databaseStatements(
  tokens: readonly Token[],
): Generator<{ readonly name: string; readonly start: number; readonly drops: boolean }, void> {
  for (const [index, { keyword }] of tokens.entries()) {
    if (keyword !== 'DATABASE' && keyword !== 'SCHEMA') continue;
    const replaces = tokens[index - 1]?.keyword === 'REPLACE' && tokens[index - 2]?.keyword === 'OR';
    const verb = tokens[index - (replaces ? 3 : 1)]?.keyword ?? '';
    if (!['CREATE', 'ALTER', 'DROP'].includes(verb)) continue;
    const cursor = new Cursor(tokens, index + 1);
    cursor.takeExistence();
    if (verb === 'ALTER' && isOption(cursor)) continue;
    const name = cursor.name();
    // What is made anew is dropped first.
    if (name !== undefined) yield { name: name.name, start: name.start, drops: verb === 'DROP' || replaces };
  }
}

const options = new Set(['CHARACTER', 'CHARSET', 'DEFAULT', 'COLLATE', 'ENCRYPTION', 'READ']);

/** ALTER DATABASE CHARACTER SET … means the one that the session is in. */
const isOption = (cursor: Cursor): boolean =>
  options.has(cursor.keyword()) ||
  (cursor.keyword() === 'COMMENT' && (cursor.keyword(1) === '=' || cursor.peek(1)?.kind === 'string'));
