import type { Flavour } from '../../database/flavour.ts';
import { columnsOf, type Column } from './definition.ts';

/**
 * How the rows of one table can be given to LOAD DATA. The server reads the values of an INSERT several times faster
 * as such: it need not take them for a program. They are of a form that LOAD DATA understands as it stands: texts in
 * quotes with the same escapes, `NULL`, numbers, and `),(` between rows; only bytes, dumped as `0x…`, are converted.
 */
export interface FastRows {
  /** The LOAD DATA statement; its characters may stand for bytes, like those of the INSERT that it is made of. */
  readonly statement: string;
  /** So many bytes of an INSERT come before its first value, */
  readonly before: number;
  /** and so many after its last: what stands there. */
  readonly after: string;
  /** What separates rows, in the statement and between statements. */
  readonly separator: string;
}

/** Types whose values are written as LOAD DATA reads them. */
const plainTypes =
  /^(?:tinyint|smallint|mediumint|int|bigint|decimal|float|double|year|date|datetime|timestamp|time|char|varchar|tinytext|text|mediumtext|longtext|enum|set|json|uuid|inet4|inet6)\b/i;
/** Types of bytes, which `--hex-blob` writes as hexadecimal numbers. */
const byteTypes =
  /^(?:binary|varbinary|tinyblob|blob|mediumblob|longblob|bit|vector|geometry|point|linestring|polygon|multipoint|multilinestring|multipolygon|geometrycollection|geomcollection)\b/i;

const quotedName = '`(?:[^`]|``)*`';
const insertHead = new RegExp(
  `^INSERT INTO (${quotedName})(?: \\((${quotedName}(?:, ?${quotedName})*)\\))? VALUES\\s\\(`,
);

/**
 * Reads off a table's definition and one of its INSERTs how its rows can be loaded.
 *
 * @param flavour whose dump program wrote it
 * @param create the CREATE TABLE, as the server prints it
 * @param insert the beginning of an INSERT, of some thousand characters
 * @returns undefined where this form is not certain to mean the same: a type that is not known here, an INSERT of
 *   another shape
 */
export function planFastRows(flavour: Flavour, create: string, insert: string): FastRows | undefined {
  const columns = columnsOf(create);
  const head = insertHead.exec(insert);
  if (columns === undefined || head === null) return undefined;
  const [start, table = '', names] = head;
  const listed = names === undefined ? columns : listedColumns(names, columns);
  if (listed === undefined || (names === undefined && !namesAll(flavour, columns))) return undefined;
  if (!listed.every(({ definition }) => plainTypes.test(definition) || byteTypes.test(definition)))
    return undefined;
  const fields = listed.map(({ name, definition, isGenerated }, index) => {
    const variable = `@maj_${index}`;
    if (isGenerated) return { field: variable, set: null };
    return byteTypes.test(definition)
      ? { field: variable, set: `${name} = UNHEX(SUBSTRING(${variable}, 3))` }
      : { field: name, set: null };
  });
  const sets = fields.flatMap(({ set }) => (set === null ? [] : [set]));
  // MariaDB's dumps have each row on a line of its own.
  const separator = flavour === 'mariadb' ? '),\n(' : '),(';
  return {
    statement:
      `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${table} CHARACTER SET utf8mb4 ` +
      `FIELDS TERMINATED BY ',' ENCLOSED BY '\\'' ESCAPED BY '\\\\' ` +
      `LINES TERMINATED BY '${separator.replace('\n', '\\n')}' (${fields.map(({ field }) => field).join(', ')})` +
      (sets.length === 0 ? '' : ` SET ${sets.join(', ')}`),
    before: start.length,
    after: ');\n',
    separator,
  };
}

/** Whether an INSERT without a list has a value for every column: MariaDB's dumps also have those of generated ones. */
const namesAll = (flavour: Flavour, columns: readonly Column[]): boolean =>
  columns.every(({ isGenerated, isInvisible }) => !isInvisible && (flavour === 'mariadb' || !isGenerated));

function listedColumns(names: string, columns: readonly Column[]): Column[] | undefined {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const listed = [...names.matchAll(new RegExp(quotedName, 'g'))].map(([name]) => byName.get(name));
  return listed.every((column) => column !== undefined) ? listed : undefined;
}
