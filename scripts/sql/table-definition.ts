/** A CREATE TABLE in the server's own words, taken apart at its brackets and commas. */
interface Definition {
  /** Up to and with the opening bracket. */
  readonly head: string;
  /** Columns, keys and constraints, as they stand between the commas. */
  readonly items: readonly string[];
  /** From the closing bracket on: engine, options, partitions. */
  readonly tail: string;
}

/** A table that is made without its secondary indexes and foreign keys, and what gives it these afterwards. */
export interface DeferredTable {
  readonly create: string;
  /** Statements to be run in this order when the rows are in: they add the keys, and compute what depends on a time zone. */
  readonly keys: readonly string[];
  /** How many indexes these add. */
  readonly keyCount: number;
  /** To be run when every table has its keys; null when there are none. */
  readonly foreignKeys: string | null;
}

const name = '`(?:[^`]|``)*`';
const tableName = new RegExp(`^CREATE TABLE (${name}) \\(`);
const ordinaryKey = /^(?:UNIQUE |FULLTEXT |SPATIAL )?KEY /;
const constraint = new RegExp(`^CONSTRAINT (${name}) (FOREIGN KEY|CHECK) `);
const foreignKey = new RegExp(`^CONSTRAINT ${name} FOREIGN KEY `);

/**
 * Takes foreign keys, and where `deferKeys` says so secondary indexes, out of a CREATE TABLE. What SHOW CREATE TABLE
 * prints for the finished table is the same as before: servers sort keys by kind and keep the order within a kind, so
 * that nothing may be taken out before a key that has to stay.
 *
 * @param create a CREATE TABLE as SHOW CREATE TABLE prints it
 * @returns undefined where the table is made as it stands: another engine than InnoDB, a text that is not understood
 */
export function deferTable(create: string, deferKeys: boolean): DeferredTable | undefined {
  const table = tableName.exec(create)?.[1];
  const definition = splitDefinition(create);
  if (table === undefined || definition === undefined) return undefined;
  const { items, tail } = definition;
  if (!/\bENGINE=InnoDB\b/.test(tail)) return undefined;

  const texts = items.map((item) => item.trim());
  // To make an index, or the table anew, would be a change of the history of one that keeps it.
  const isPlain = !isVersioned(create);
  const zoned = isPlain && dependsOnTimeZone(create);
  const mayDefer = isPlain && (deferKeys || zoned);
  const firstDeferred = mayDefer ? lastNeededKey(texts) + 1 : texts.length;
  const isDeferred = (text: string, index: number): boolean =>
    foreignKey.test(text) || (index >= firstDeferred && ordinaryKey.test(text));
  const deferred = texts.filter(isDeferred);
  const fullText = deferred.filter((text) => text.startsWith('FULLTEXT '));
  const keys = deferred.filter((text) => ordinaryKey.test(text) && !fullText.includes(text));
  const alter = (added: readonly string[]): string => addConstraints(table, added);
  const foreign = deferred.filter((text) => foreignKey.test(text));
  return {
    create: withItems(create, (item, index) => (isDeferred(texts[index] ?? '', index) ? undefined : item)),
    // InnoDB builds one FULLTEXT index at a time; several in one ALTER would copy the table.
    keys: inOwnZone(zoned, table, [
      ...(keys.length === 0 ? [] : [alter(keys)]),
      ...fullText.map((text) => alter([text])),
    ]),
    keyCount: keys.length + fullText.length,
    foreignKeys: foreign.length === 0 ? null : alter(foreign),
  };
}

/** Whether it is one of MariaDB's tables that keep their history. */
export const isVersioned = (create: string): boolean =>
  /\bSYSTEM VERSIONING\b/.test(splitDefinition(create)?.tail ?? '');

/**
 * A CREATE TABLE with other columns, keys and constraints.
 *
 * @param change is given each of them as it stands between the commas; undefined leaves it out
 */
export function withItems(
  create: string,
  change: (item: string, index: number) => string | undefined,
): string {
  const definition = splitDefinition(create);
  if (definition === undefined) return create;
  const items = definition.items.map(change).filter((item) => item !== undefined);
  const end = items.at(-1)?.endsWith('\n') === true ? '' : '\n';
  return `${definition.head}${items.join(',')}${end}${definition.tail}`;
}

/** A constraint of a table, as SHOW CREATE TABLE prints it. */
export interface Constraint {
  /** Between its backticks: a backtick within is doubled. */
  readonly name: string;
  /** All of it, from CONSTRAINT on. */
  readonly text: string;
}

/** The constraints of one kind; empty where the text is not understood. */
export const constraintsOf = (create: string, kind: 'FOREIGN KEY' | 'CHECK'): Constraint[] =>
  (splitDefinition(create)?.items ?? []).flatMap((item) => {
    const text = item.trim();
    const [, quoted = '', found] = constraint.exec(text) ?? [];
    return found === kind ? [{ name: quoted.slice(1, -1), text }] : [];
  });

/** The statement that adds keys or constraints; the table in backticks. */
export const addConstraints = (table: string, added: readonly string[]): string =>
  `ALTER TABLE ${table} ${added.map((text) => `ADD ${text}`).join(', ')}`;
/** The user variable that holds the server's own time zone in a session that loads. */
export const ownZone = '@server_time_zone';

/**
 * A dump is loaded in UTC, as its times are. What the server computes from them and keeps, it would compute in UTC as well:
 * it is computed anew in the server's own zone, by a copy of the table, and keys are made in that.
 */
const inOwnZone = (zoned: boolean, table: string, keys: readonly string[]): readonly string[] =>
  zoned
    ? [
        `SET time_zone = ${ownZone}`,
        `ALTER TABLE ${table} FORCE, ALGORITHM=COPY`,
        ...keys,
        "SET time_zone = '+00:00'",
      ]
    : keys;

/** The expression of a generated column, without its brackets. */
export function expressionOf({ definition }: Pick<DefinedColumn, 'definition'>): string {
  const from = /\bAS \(/.exec(definition);
  let depth = 1;
  if (from === null) return '';
  const start = from.index + from[0].length;
  piece.lastIndex = start;
  for (let found = piece.exec(definition); found !== null; found = piece.exec(definition)) {
    if (found[0] === '(') depth += 1;
    if (found[0] === ')') depth -= 1;
    if (depth === 0) return definition.slice(start, found.index);
  }
  return '';
}

/** Whether the server keeps a value of the table that it computes in the session's time zone: in a column or a key. */
function dependsOnTimeZone(create: string): boolean {
  const items = splitDefinition(create)?.items.map((item) => item.trim()) ?? [];
  const zoned = new Set(zonedColumns(create).map((column) => column.name));
  const keys = items.filter((item) => ordinaryKey.test(item));
  return (
    zonedColumns(create).some(({ isStored }) => isStored) ||
    keys.some(
      (key) => [...zoned].some((column) => key.includes(column)) || isZoned(key, timestampsOf(create)),
    )
  );
}

/** The generated columns of a table whose values depend on the session's time zone, be it by others of them. */
export function zonedColumns(create: string): DefinedColumn[] {
  const known = timestampsOf(create);
  const found: DefinedColumn[] = [];
  const generated = definedColumns(create)?.filter(({ isGenerated }) => isGenerated) ?? [];
  for (let left = generated, before = -1; before !== found.length;) {
    before = found.length;
    found.push(...left.filter(({ definition }) => isZoned(definition, known)));
    left = left.filter((column) => !found.includes(column));
    for (const { name: column } of found) known.add(column);
  }
  return found;
}

const timestampsOf = (create: string): Set<string> =>
  new Set(
    definedColumns(create)
      ?.filter(({ definition, isGenerated }) => !isGenerated && /^timestamp\b/i.test(definition))
      .map((column) => column.name),
  );

/** Whether an expression reads a time as the session's zone shows it. A key of plain columns is none. */
const isZoned = (text: string, columns: ReadonlySet<string>): boolean => {
  const expression = text.slice(text.search(/\(\(|\bAS \(/));
  return (
    /\bAS \(|\(\(/.test(text) &&
    (/\b(?:from_unixtime|unix_timestamp)\(/i.test(expression) ||
      [...columns].some((column) => expression.includes(column)))
  );
};

/** Whether the rows of the table have an order of their own, so that they may be loaded in any. */
export function hasPrimaryKey(create: string): boolean {
  return splitDefinition(create)?.items.some((item) => item.trim().startsWith('PRIMARY KEY ')) ?? false;
}

/** A column, as SHOW CREATE TABLE prints it. */
export interface DefinedColumn {
  /** In backticks. */
  readonly name: string;
  /** What follows the name: type and attributes. */
  readonly definition: string;
  readonly isGenerated: boolean;
  /** Generated, and kept. MariaDB's old word is PERSISTENT. */
  readonly isStored: boolean;
  /** In an INSERT without a list of columns it has no value. */
  readonly isInvisible: boolean;
}

/** The columns of a table in their order; undefined where the text is not understood. */
export function definedColumns(create: string): DefinedColumn[] | undefined {
  return splitDefinition(create)?.items.flatMap((item) => {
    const text = item.trim();
    const column = new RegExp(`^${name}`).exec(text)?.[0];
    if (column === undefined) return [];
    const definition = text.slice(column.length).trim();
    const words = unquoted(definition);
    return [
      {
        name: column,
        definition,
        isGenerated: /\bGENERATED ALWAYS\b/.test(words),
        isStored: /\bGENERATED ALWAYS\b.*\b(?:STORED|PERSISTENT)\b/s.test(words),
        isInvisible: /\bINVISIBLE\b/.test(words),
      },
    ];
  });
}

/**
 * The place of the last key that the table cannot be without while rows are loaded: the one that an AUTO_INCREMENT
 * column needs; without a primary key the unique ones, of which InnoDB makes the clustered index; kinds that are
 * better not added to rows that are there already. -1 when there is none.
 */
function lastNeededKey(items: readonly string[]): number {
  const counted = items.find((item) => item.startsWith('`') && /\bAUTO_INCREMENT\b/.test(unquoted(item)));
  const countedName = counted === undefined ? undefined : new RegExp(`^${name}`).exec(counted)?.[0];
  const primary = items.find((item) => item.startsWith('PRIMARY KEY '));
  const startsCounted = (item: string): boolean =>
    countedName !== undefined && item.slice(item.indexOf('(')).startsWith(`(${countedName}`);
  const counts = countedName !== undefined && !(primary !== undefined && startsCounted(primary));
  return items.findLastIndex(
    (item) =>
      ordinaryKey.test(item) &&
      ((counts && item.includes(countedName)) ||
        (primary === undefined && item.startsWith('UNIQUE ')) ||
        /\bWITHOUT OVERLAPS\b|\bUSING HASH\b/.test(unquoted(item))),
  );
}

/** What is not within quotes. */
const unquoted = (text: string): string => text.replaceAll(/'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`/gs, "''");

const piece = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|\/\*.*?\*\/|[(),]|[^'"`(),/]+|./gs;

function splitDefinition(create: string): Definition | undefined {
  const head = tableName.exec(create)?.[0];
  if (head === undefined) return undefined;
  const items: string[] = [];
  let item = '';
  let depth = 1;
  piece.lastIndex = head.length;
  for (let found = piece.exec(create); found !== null; found = piece.exec(create)) {
    const [text] = found;
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (depth === 0) {
      items.push(item);
      return { head, items, tail: create.slice(found.index) };
    }
    if (text === ',' && depth === 1) {
      items.push(item);
      item = '';
    } else item += text;
  }
  return undefined;
}
