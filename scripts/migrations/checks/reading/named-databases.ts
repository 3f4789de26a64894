import { wordSet, type SqlToken } from '../../../sql/lexer.ts';
import { Cursor, type DottedName } from './cursor.ts';

/** Reserved words after which a table, or a list of them, is named. */
const beforeTables = wordSet(
  'FROM JOIN STRAIGHT_JOIN INTO UPDATE DELETE INSERT REPLACE TABLE REFERENCES TRIGGER PROCEDURE CALL RENAME',
);
/** Words that do so at the head of a statement only; further on they may be the names of columns. */
const atHead = wordSet('TABLES VIEW EVENT FUNCTION PACKAGE SEQUENCE HANDLER TRUNCATE DESCRIBE DESC EXPLAIN');
/** Statements with such a head. */
const headed = wordSet(
  'CREATE DROP ALTER SHOW LOCK OPTIMIZE ANALYZE CHECK REPAIR FLUSH HANDLER TRUNCATE DESCRIBE DESC',
  'EXPLAIN GRANT REVOKE',
);
/** Statements that are functions, too. */
const functions = wordSet('INSERT REPLACE TRUNCATE');
/** MariaDB's functions on sequences: what they are given is one. */
const onSequences = wordSet('NEXTVAL LASTVAL SETVAL');
/** Words that may stand between them and the name. */
const inBetween = wordSet(
  'FROM INTO TABLE IF NOT EXISTS IGNORE LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK LATERAL ONLY TO AS',
  'LOCAL NO_WRITE_TO_BINLOG',
);
/** Words that end a list of tables. */
const afterTables = wordSet(
  'WHERE SET GROUP ORDER HAVING LIMIT WINDOW VALUES VALUE SELECT UNION EXCEPT INTERSECT DUPLICATE ADD DROP',
  'MODIFY CHANGE ALTER',
);

interface Level {
  /** A list of tables goes on: after a comma comes another one. */
  readonly list: boolean;
  /** A table is named next. */
  readonly next: boolean;
  /** SELECT or another verb stood on this level: only then FROM names tables (not in EXTRACT, TRIM, SUBSTRING). */
  readonly query: boolean;
}

/**
 * The databases that a statement names: in front of a table, view, routine, trigger or event, in front of a column of a
 * table (`shop.users.id`), of a function (`shop.price(1)`). `a.b` elsewhere is a table and its column.
 *
 * @param tokens one of `innerStatements`
 */
export function namedDatabases(tokens: readonly SqlToken[]): Pick<DottedName, 'name' | 'start'>[] {
  const found: Pick<DottedName, 'name' | 'start'>[] = [];
  const usesOn = namesTableByOn(tokens);
  const isRename = tokens[0]?.keyword === 'RENAME';
  // GRANT takes a pattern, in which a backslash makes a sign stand for itself.
  const plainName = (name: string): string => (isGrant ? name.replaceAll(/\\([_%\\])/g, '$1') : name);
  const isGrant = tokens[0]?.keyword === 'GRANT' || tokens[0]?.keyword === 'REVOKE';
  let isHead = headed.has(tokens[0]?.keyword ?? '');
  let hadOn = false;
  const outer: Level[] = [];
  let level = start;
  const cursor = new Cursor(tokens);
  while (!cursor.isAtEnd) {
    const before = tokens[cursor.at - 1]?.keyword ?? '';
    const keyword = cursor.keyword();
    if ((level.next && inBetween.has(keyword)) || (before === 'PACKAGE' && keyword === 'BODY')) {
      cursor.next();
      continue;
    }
    if (keyword === '(') {
      outer.push(level);
      const isUnion = before === 'UNION' || (before === '=' && tokens[cursor.at - 2]?.keyword === 'UNION');
      const next = level.next || isUnion || onSequences.has(before);
      level = { list: next, next, query: next };
    } else if (keyword === ')') level = { ...(outer.pop() ?? level), next: false };
    else if (keyword === ';') {
      outer.length = 0;
      level = start;
    } else if (keyword === ',') level = { ...level, next: level.list };
    else if (isTableWord(cursor, level, isHead) && !(keyword === 'UPDATE' && before === 'KEY')) {
      isHead = false;
      level = { list: true, next: true, query: true };
    } else if (keyword === 'ON' && usesOn && !hadOn) {
      hadOn = true;
      level = { ...level, next: true };
    } else if (keyword === 'LIKE' && isCreateLike(tokens, cursor.at)) level = { ...level, next: true };
    else if (keyword === 'FOR' && before === 'VALUE') level = { ...level, next: true };
    else if (keyword === 'TO' && isRename) level = { ...level, next: true };
    else if (afterTables.has(keyword))
      level = { list: false, next: false, query: level.query || keyword === 'SELECT' };
    else {
      const name = cursor.name();
      const length = name?.parts.length ?? 0;
      const isQualified = length > 2 || (length === 2 && (level.next || cursor.keyword() === '('));
      // `t.*` is a table, but for GRANT … ON db.*; @@session.sql_mode and 'app'@host.example are no tables.
      const isAllOfTable = name?.name === '*' && length === 2 && !usesOn;
      if (name !== undefined && isQualified && before !== '@' && !isAllOfTable)
        found.push({ name: plainName(name.parts[0] ?? ''), start: name.start });
      level = { ...level, next: false };
      if (name !== undefined) continue;
    }
    cursor.next();
  }
  return found;
}

const start: Level = { list: false, next: false, query: true };

function isTableWord(cursor: Cursor, level: Level, isHead: boolean): boolean {
  const keyword = cursor.keyword();
  if (!beforeTables.has(keyword) && !(isHead && atHead.has(keyword))) return false;
  if (cursor.keyword(1) === '.' || (cursor.keyword(1) === '(' && functions.has(keyword))) return false;
  return keyword !== 'FROM' || level.query;
}

/** Statements in which ON names a table: CREATE and DROP INDEX, CREATE TRIGGER, GRANT and REVOKE. */
function namesTableByOn(tokens: readonly SqlToken[]): boolean {
  const first = tokens[0]?.keyword ?? '';
  if (first === 'GRANT' || first === 'REVOKE') return true;
  if (first !== 'CREATE' && first !== 'DROP') return false;
  const object = tokens.find(({ keyword }) =>
    ['TABLE', 'VIEW', 'INDEX', 'TRIGGER', 'EVENT'].includes(keyword),
  );
  return object?.keyword === 'INDEX' || object?.keyword === 'TRIGGER';
}

/** `CREATE TABLE a LIKE b`: LIKE right behind the name, with or without a bracket. */
function isCreateLike(tokens: readonly SqlToken[], at: number): boolean {
  return (
    tokens[0]?.keyword === 'CREATE' &&
    tokens.slice(0, at).every(({ keyword }) => keyword !== 'SELECT' && keyword !== ',') &&
    tokens.slice(0, 5).some(({ keyword }) => keyword === 'TABLE')
  );
}
