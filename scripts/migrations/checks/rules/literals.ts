import type { SqlToken } from '../../../sql/lexer.ts';
import { Cursor } from '../reading/cursor.ts';
import { isZeroDate } from '../reading/reading.ts';
import { foundAt, rule, type Hit } from '../rule.ts';

const findings = {
  'zero-date': 'warning',
  definer: 'warning',
  'dynamic-sql': 'info',
} as const;
type Found = Hit<keyof typeof findings>;

/** What the words and texts of a statement say by themselves. */
export const literals = rule(findings, () => ({
  unit: dynamicSql,
  *read({ tokens }) {
    yield* zeroDates(tokens);
    yield* definers(tokens);
  },
}));

/** Dates of nothing but zeros, once a statement; the text of a COMMENT is none. */
function* zeroDates(tokens: readonly SqlToken[]): Generator<Found, void> {
  const found = tokens.find((token, index) => {
    const before = tokens[index - 1]?.keyword;
    const isComment = before === 'COMMENT' || (before === '=' && tokens[index - 2]?.keyword === 'COMMENT');
    return isZeroDate(token) && !isComment;
  });
  if (found !== undefined) yield foundAt('zero-date', found, { detail: `'${found.value}'` });
}

const objects = new Set(['VIEW', 'TRIGGER', 'PROCEDURE', 'FUNCTION', 'EVENT', 'PACKAGE']);

/** An account that a view, routine, trigger or event is to run as. */
function* definers(tokens: readonly SqlToken[]): Generator<Found, void> {
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
function* dynamicSql(unit: readonly SqlToken[]): Generator<Found, void> {
  const cursor = new Cursor(unit);
  if (cursor.take('PREPARE') || cursor.take('EXECUTE', 'IMMEDIATE')) yield foundAt('dynamic-sql', unit[0]);
}
