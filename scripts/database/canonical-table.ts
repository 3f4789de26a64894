/**
 * A table's SHOW CREATE in a form that does not depend on what was inserted, nor on whether the table was made by hand
 * or loaded from a dump.
 */
export function canonicalTable(create: string): string {
  return create
    .split('\n')
    .map((line) => (line.startsWith(')') ? withoutAutoIncrement(line) : oneCharset(line)))
    .join('\n');
}

/** The table's options are on the line of the closing bracket; AUTO_INCREMENT stands before any text of the user's. */
function withoutAutoIncrement(line: string): string {
  return line.replace(/^([^']*?) AUTO_INCREMENT=\d+/, '$1');
}

/**
 * MySQL 8.0 and later show a column as `COLLATE utf8mb4_general_ci` and, once that has been loaded from a dump, as
 * `CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`. The collation says both.
 */
function oneCharset(line: string): string {
  return line.replace(
    /^( {2}`(?:[^`]|``)+` [^']*?) CHARACTER SET (\w+) COLLATE (\2_\w+|\2\b)/,
    '$1 COLLATE $3',
  );
}
