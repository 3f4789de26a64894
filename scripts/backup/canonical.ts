import { pieces, withoutImpliedCharset } from '../database/canonical-table.ts';
import { quoteName } from '../database/quote.ts';
import type { PartKind } from './part.ts';

/**
 * A line of a part's text in the form in which two dumps of the same thing are equal; undefined: the line says nothing
 * of the database. Rows have no canonical form: they are compared byte for byte.
 *
 * @param database the name of the database that the dump is of
 *
 * Each rule is for a quirk of a server and has its line in the test's table. What no rule covers is a difference.
 */
export function canonicalLine(kind: PartKind, line: string, database: string): string | undefined {
  if (kind === 'header') return isVersionLine(line) ? undefined : line;
  if (kind === 'view-body' && line.startsWith(viewLine)) return withoutOwnDatabase(line, database);
  return kind === 'table' ? withoutImpliedCharset(line) : line;
}

/** The header's comments name programs, host and server, and MariaDB's sandbox line comes and goes with versions. */
function isVersionLine(line: string): boolean {
  return line.startsWith('-- ') || line.startsWith('/*M!999999\\-') || line.startsWith('/*!999999\\-');
}

const viewLine = '/*!50001 VIEW `';

/**
 * MariaDB (10.11) writes the columns of a view as `db`.`table`.`column` while the view's definer is gone or may not read
 * the table, and as `table`.`column` once he may: as where the dump is loaded with stub accounts for every definer.
 */
function withoutOwnDatabase(line: string, database: string): string {
  const prefix = `${quoteName(database)}.`;
  return line.replaceAll(pieces, (piece) => (piece === prefix ? '' : piece));
}
