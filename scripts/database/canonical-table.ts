/**
 * A table's SHOW CREATE in a form that does not depend on what was inserted, nor on whether the table was made by hand
 * or loaded from a dump, nor on where its files are.
 */
export function canonicalTable(create: string): string {
  return withoutDirectories(create)
    .split('\n')
    .map((line) => (line.startsWith(')') ? withoutAutoIncrement(line) : withoutImpliedCharset(line)))
    .join('\n');
}

/** The table's options are on the line of the closing bracket; AUTO_INCREMENT stands before any text of the user's. */
function withoutAutoIncrement(line: string): string {
  return line.replace(/^([^']*?) AUTO_INCREMENT=\d+/, '$1');
}

const quotedOrDirectory =
  /('(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`)|\s(?:DATA|INDEX) DIRECTORY ?= ?'(?:[^'\\]|\\.|'')*'/gs;

/**
 * A table's definition, or lines of it, without the folders that its files are in: on a copy they are in the server's own,
 * which may write nowhere else. What is quoted (a comment, a default) is left alone.
 */
export const withoutDirectories = (text: string): string =>
  text.includes(' DIRECTORY') ? text.replaceAll(quotedOrDirectory, '$1') : text;

/** The pieces of SQL text: quoted texts, quoted names with the dot behind them, and what is in between. */
const pieces = /'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`\.?|[^'`]+|./gs;

/**
 * A line of a CREATE TABLE without a charset that its collation implies: MySQL 9.7 shows a column as `COLLATE
 * utf8mb4_general_ci` and, once that was loaded from a dump, as `CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`. A
 * collation's name starts with that of its charset. What is quoted is left alone: an ENUM's texts, a comment.
 */
export function withoutImpliedCharset(line: string): string {
  if (!line.includes('CHARACTER SET')) return line;
  return line.replaceAll(pieces, (piece) =>
    piece.startsWith("'") || piece.startsWith('`')
      ? piece
      : piece.replaceAll(/CHARACTER SET (\w+) COLLATE (?=\1(?:_|\b))/g, 'COLLATE '),
  );
}

/**
 * MariaDB (10.11) writes the columns of a view as `db`.`table`.`column` while the view's definer is gone or may not read
 * the table, and as `table`.`column` once he may: as where the dump is loaded with stub accounts for every definer.
 */
export function withoutQualifier(text: string, quotedDatabase: string): string {
  const prefix = `${quotedDatabase}.`;
  return text.replaceAll(pieces, (piece) => (piece === prefix ? '' : piece));
}
