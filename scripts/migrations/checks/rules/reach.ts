import { wordSet, type LexicalMode, type SqlToken } from '../../../sql/lexer.ts';
import { Cursor, listOf, type DottedName } from '../reading/cursor.ts';
import { namedDatabases } from '../reading/named-databases.ts';
import { tokensOfStatement, type StatementReading } from '../reading/reading.ts';
import { foundAt, rule, type CheckOptions, type Hit } from '../rule.ts';

const findings = {
  'drop-database': 'error',
  'other-database': 'error',
  'server-wide': 'error',
  'qualified-name': 'warning',
} as const;
type Found = Hit<keyof typeof findings>;

/** What in a script reaches beyond what is in the database. */
export const reach = rule(findings, (options) => ({ read: createReach(options) }));

/**
 * What is refused wherever it would run, on the copy as on the live server, whatever the script says, and by which error: no
 * backup holds it, and no restore takes it back. (A database that is dropped takes the ledger along.)
 */
export const refusals = {
  'other-database': 'migration-other-database',
  'drop-database': 'migration-drops-database',
  'server-wide': 'migration-server-wide',
} as const satisfies Partial<Record<Found['code'], string>>;

/** What every server has, and what says something of the database only: no script can change it. */
const readOnly = new Set(['information_schema', 'performance_schema']);

/**
 * Tells what the statements of one script, one after the other, reach beyond what is in the database, each thing once a
 * statement: the one place that decides what may reach another database or the server, for `maj migrate check`, the
 * rehearsal and the live run alike. It looks into bodies of routines, triggers and events, into versioned comments (with
 * them, and as a server reads that leaves them out), and into dynamic SQL as far as the text tells; what only the server
 * knows is refused there (`confine` of the dry run).
 */
export function createReach({
  database,
}: Pick<CheckOptions, 'database'>): (reading: StatementReading) => readonly Found[] {
  const dynamicTexts = createDynamicTexts();

  function* named({ name, start }: Pick<DottedName, 'name' | 'start'>): Generator<Found, void> {
    if (readOnly.has(name.toLowerCase())) return;
    const isOther = database !== undefined && name !== database;
    yield { code: isOther ? 'other-database' : 'qualified-name', start, object: name };
  }
  function* reachOf(tokens: readonly SqlToken[], mode: LexicalMode): Generator<Found, void> {
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
  tokens: readonly SqlToken[],
): Generator<Pick<DottedName, 'name' | 'start'> & { readonly drops: boolean }, void> {
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

const options = wordSet('CHARACTER CHARSET DEFAULT COLLATE ENCRYPTION READ');

/** ALTER DATABASE CHARACTER SET … means the one that the session is in. */
const isOption = (cursor: Cursor): boolean =>
  options.has(cursor.keyword()) ||
  (cursor.keyword() === 'COMMENT' && (cursor.keyword(1) === '=' || cursor.peek(1)?.kind === 'string'));

/** A statement that another one puts together. */
interface DynamicText {
  readonly text: string;
  /** Where it is run. */
  readonly start: number;
}

/** Functions that give one of what they are given. */
const choosing = new Set(['IF', 'IFNULL', 'NULLIF', 'COALESCE']);
const nameOf = (variable: SqlToken | undefined): string => variable?.value.toLowerCase() ?? '';

/**
 * Reads the statements of a script one after the other, and gives what PREPARE and EXECUTE IMMEDIATE run, as far as the
 * text tells: a string, a user variable that one was assigned to, and CONCAT of both. Anything else only the server
 * knows.
 */
function createDynamicTexts(): (statement: readonly SqlToken[]) => readonly DynamicText[] {
  const known = new Map<string, readonly string[]>();

  const textsOf = (tokens: readonly SqlToken[]): readonly string[] => {
    const texts: string[] = [];
    const cursor = new Cursor(tokens);
    while (!cursor.isAtEnd) {
      const isCall =
        cursor.peek()?.kind === 'word' && cursor.keyword(1) === '(' && !choosing.has(cursor.keyword());
      const token = cursor.next();
      if (isCall) {
        // The pieces that a function makes something of are no statements.
        const pieces = listOf(cursor.group() ?? []).map(textsOf);
        const isWhole = token?.keyword === 'CONCAT' && pieces.every(({ length }) => length === 1);
        if (isWhole) texts.push(pieces.flat().join(''));
      } else if (token?.keyword === '@') texts.push(...(known.get(nameOf(cursor.next())) ?? []));
      else if (token?.kind === 'string') texts.push(token.value);
    }
    return texts;
  };
  const remember = (tokens: readonly SqlToken[]): void => {
    for (const assignment of listOf(tokens)) {
      const at = assignment.findIndex(({ keyword }) => keyword === '=');
      if (at < 0 || assignment[0]?.keyword !== '@') continue;
      known.set(nameOf(assignment[1]), textsOf(assignment.slice(at + 1)));
    }
  };
  return (statement) => {
    const [first, second] = statement;
    if (first?.keyword === 'SET') remember(statement.slice(1));
    const isPrepare = first?.keyword === 'PREPARE';
    const isImmediate = first?.keyword === 'EXECUTE' && second?.keyword === 'IMMEDIATE';
    if (!isPrepare && !isImmediate) return [];
    const end = statement.findIndex(({ keyword }) => keyword === 'USING' || keyword === ';');
    const run = statement.slice(isPrepare ? 3 : 2, end < 0 ? undefined : end);
    return textsOf(run).map((text) => ({ text, start: (run[0] ?? first).start }));
  };
}

/** Behind these a statement begins: in a routine, trigger or event, in an anonymous block, behind a label or a handler. */
const openings = wordSet('; BEGIN THEN ELSE DO LOOP REPEAT ATOMIC : SQLEXCEPTION SQLWARNING FOUND FOR ROW');
/** Words that begin what is read by its head; anything else is read the same wherever it stands. */
const heads = wordSet(
  'CREATE ALTER DROP RENAME TRUNCATE GRANT REVOKE LOCK SHOW OPTIMIZE ANALYZE CHECK REPAIR FLUSH HANDLER DESCRIBE',
  'DESC EXPLAIN SET PREPARE EXECUTE INSTALL UNINSTALL SHUTDOWN RESET PURGE CHANGE START STOP',
);
/** Behind a word that is a column or a function, and no head. */
const noHead = wordSet('( ) . , ; = END WHEN ELSE FROM AS AND OR');

/**
 * A statement and those that it holds: the body of a routine, trigger or event, an anonymous block. Each one reaches
 * from its head to the next one's; the first is what stands before the body.
 */
function innerStatements(tokens: readonly SqlToken[]): (readonly SqlToken[])[] {
  const body = routineBody(tokens);
  const found: (readonly SqlToken[])[] = [];
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
function routineBody(tokens: readonly SqlToken[]): number {
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

/** Beginnings of statements on what all databases of a server share: accounts, plugins, replication, the server itself. */
const beginnings: readonly string[] = [
  ...['USER', 'ROLE', 'SERVER', 'TABLESPACE', 'UNDO', 'LOGFILE', 'RESOURCE'].flatMap((object) =>
    ['CREATE', 'CREATE OR REPLACE', 'ALTER', 'DROP'].map((verb) => `${verb} ${object}`),
  ),
  'ALTER INSTANCE',
  'RENAME USER',
  'SET PASSWORD FOR',
  'SET DEFAULT ROLE',
  ...['PLUGIN', 'SONAME', 'COMPONENT'].flatMap((object) => [`INSTALL ${object}`, `UNINSTALL ${object}`]),
  ...['MASTER', 'SLAVE', 'REPLICA', 'BINARY', 'PERSIST'].map((object) => `RESET ${object}`),
  ...['MASTER', 'BINARY'].map((object) => `PURGE ${object}`),
  ...['MASTER', 'REPLICATION'].map((object) => `CHANGE ${object}`),
  ...['SLAVE', 'REPLICA', 'ALL', 'GROUP_REPLICATION'].flatMap((object) => [
    `START ${object}`,
    `STOP ${object}`,
  ]),
  'CLONE LOCAL',
  'CLONE INSTANCE',
];
const alone = new Set(['SHUTDOWN', 'RESTART']);

/** What of the whole server a statement changes, in its own words: `CREATE USER`; undefined: nothing. */
function serverWide(statement: readonly SqlToken[]): string | undefined {
  const words = statement.slice(0, 4).map(({ keyword }) => keyword);
  const [first = '', second = ''] = words;
  if (alone.has(first) && ['', ';', 'END', 'WAIT'].includes(second)) return first;
  if (first === 'GRANT' || first === 'REVOKE') return isOnOneDatabase(statement) ? undefined : first;
  if (first === 'CREATE' && statement.some(({ keyword }) => keyword === 'SONAME')) return 'CREATE … SONAME';
  // In a routine it may be a variable of that name.
  if (statement[0]?.start === 0 && first === 'SET' && second === 'PASSWORD') return 'SET PASSWORD';
  const text = `${words.join(' ')} `;
  return beginnings.find((beginning) => text.startsWith(`${beginning} `));
}

/** Privileges on a database or on what is in it; roles, PROXY and `*.*` are on no database alone. */
function isOnOneDatabase(grant: readonly SqlToken[]): boolean {
  const on = grant.findIndex(({ keyword }) => keyword === 'ON');
  if (on < 0 || grant[1]?.keyword === 'PROXY') return false;
  const cursor = new Cursor(grant, on + 1);
  return !cursor.take('*', '.', '*') && !cursor.take('TABLE', '*', '.', '*');
}
