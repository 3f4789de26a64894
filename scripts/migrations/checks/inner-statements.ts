import type { Token } from './tokens.ts';

/** Behind these a statement begins: in a routine, trigger or event, in an anonymous block, behind a label or a handler. */
const openings = new Set(
  '; BEGIN THEN ELSE DO LOOP REPEAT ATOMIC : SQLEXCEPTION SQLWARNING FOUND FOR ROW'.split(' '),
);
/** Words that begin what is read by its head; anything else is read the same wherever it stands. */
const heads = new Set(
  (
    'CREATE ALTER DROP RENAME TRUNCATE GRANT REVOKE LOCK SHOW OPTIMIZE ANALYZE CHECK REPAIR FLUSH HANDLER DESCRIBE ' +
    'DESC EXPLAIN SET PREPARE EXECUTE INSTALL UNINSTALL SHUTDOWN RESET PURGE CHANGE START STOP'
  ).split(' '),
);
/** Behind a word that is a column or a function, and no head. */
const noHead = new Set('( ) . , ; = END WHEN ELSE FROM AS AND OR'.split(' '));

/**
 * A statement and those that it holds: the body of a routine, trigger or event, an anonymous block. Each one reaches
 * from its head to the next one's; the first is what stands before the body.
 */
export function innerStatements(tokens: readonly Token[]): (readonly Token[])[] {
  const body = routineBody(tokens);
  const found: (readonly Token[])[] = [];
  let start = 0;
  for (const [index, { keyword }] of tokens.entries()) {
    const before = tokens[index - 1]?.keyword ?? '';
    const isHead = heads.has(keyword) && !noHead.has(tokens[index + 1]?.keyword ?? '');
    const begins = before === ';' || index === body || (openings.has(before) && isHead);
    if (index === 0 || !begins) continue;
    found.push(tokens.slice(start, index));
    start = index;
  }
  return [...found, tokens.slice(start)];
}

/** Where the body of a routine begins that is one statement, without BEGIN; -1 where there is none. */
function routineBody(tokens: readonly Token[]): number {
  const [first] = tokens;
  if (first?.keyword !== 'CREATE' && first?.keyword !== 'ALTER') return -1;
  const routine = tokens.findIndex(({ keyword }) => keyword === 'PROCEDURE' || keyword === 'FUNCTION');
  if (routine < 0 || tokens.slice(0, routine).some(({ keyword }) => keyword === '(')) return -1;
  let depth = 0;
  return tokens.findIndex(({ keyword }, index) => {
    if (index <= routine) return false;
    if (keyword === '(') depth += 1;
    if (keyword === ')') depth -= 1;
    return depth === 0 && heads.has(keyword);
  });
}
