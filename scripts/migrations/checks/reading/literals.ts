import { foundAt, type Hit } from '../rule.ts';
import { Cursor } from './cursor.ts';
import { isZeroDate, type SqlToken } from './tokens.ts';

/** Dates of nothing but zeros, once a statement; the text of a COMMENT is none. */
export function* zeroDates(tokens: readonly SqlToken[]): Generator<Hit, void> {
  const found = tokens.find((token, index) => {
    const before = tokens[index - 1]?.keyword;
    const isComment = before === 'COMMENT' || (before === '=' && tokens[index - 2]?.keyword === 'COMMENT');
    return isZeroDate(token) && !isComment;
  });
  if (found !== undefined) yield foundAt('zero-date', found, { detail: `'${found.value}'` });
}

const objects = new Set(['VIEW', 'TRIGGER', 'PROCEDURE', 'FUNCTION', 'EVENT', 'PACKAGE']);

/** An account that a view, routine, trigger or event is to run as. */
export function* definers(tokens: readonly SqlToken[]): Generator<Hit, void> {
  const cursor = new Cursor(tokens);
  if (cursor.takeOneOf('CREATE', 'ALTER') === undefined) return;
  while (!cursor.isAtEnd && !objects.has(cursor.keyword())) {
    const at = cursor.peek();
    if (!cursor.take('DEFINER', '=')) cursor.next();
    else if (!/^CURRENT_(?:USER|ROLE)$/.test(cursor.keyword())) {
      const user = cursor.next()?.value ?? '';
      const host = cursor.take('@') ? `@${cursor.peek()?.value ?? ''}` : '';
      yield foundAt('definer', at, { object: `${user}${host}` });
    }
  }
}

/** SQL that is put together while it runs: no check can see it. */
export function* dynamicSql(unit: readonly SqlToken[]): Generator<Hit, void> {
  const cursor = new Cursor(unit);
  if (cursor.take('PREPARE') || cursor.take('EXECUTE', 'IMMEDIATE')) yield foundAt('dynamic-sql', unit[0]);
}
