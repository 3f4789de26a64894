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

/** What becomes of the accounts that views, triggers, routines and events run as: `current` is the one that restores. */
export type Definers = 'keep' | 'current';

const account = "(?:`(?:[^`]|``)*`|'(?:[^'\\\\]|\\\\.|'')*'|[^\\s`'@*]+)";
const clause = `DEFINER\\s*=\\s*${account}(?:@${account})?`;
/** The dump programs write it behind CREATE, and before any text of the user's; in a view on a line of its own. */
const inStatement = new RegExp(`^((?:/\\*!\\d+ )?CREATE\\b(?:[^'"\`;(])*?)${clause}`);
const inLine = new RegExp(`^((?:/\\*!\\d+ )?(?:CREATE\\b[^'"\`;(]*?)?)${clause}`);

/** The account that a statement of a dump names, as it stands there; undefined where it names none. */
export const accountIn = (statement: string): string | undefined =>
  new RegExp(`^(?:/\\*!\\d+ )?CREATE\\b(?:[^'"\`;(])*?DEFINER\\s*=\\s*(${account}(?:@${account})?)`).exec(
    statement,
  )?.[1];

/** A statement of a dump that makes something, as whoever runs it. */
export const withCurrentDefiner = (statement: string): string =>
  statement.replace(inStatement, '$1DEFINER=CURRENT_USER');

/** A line of a dump without the account that it names, to compare it with the same of another account. */
export const withoutDefiner = (line: string): string => line.replace(inLine, '$1DEFINER=');
