import {
  withCurrentDefiner,
  withoutDirectories,
  withoutQualifier,
  type Definers,
} from '../../database/definition-texts.ts';
import { quoteName } from '../../sql/quote.ts';

/** How statements of a dump are changed on their way into a database. */
export interface Rewriting {
  /** The database that the dump is of, and the one that it is loaded into. */
  readonly from: string;
  readonly into: string;
  readonly definers: Definers;
  /** Tables keep their files in the server's own folder, whatever DATA DIRECTORY says. */
  readonly ownDirectory?: boolean;
}

/**
 * A statement of a dump as it is to be run. The dump programs name the database where they change its charset for a
 * routine of another one: in another database it would be the live one that is changed.
 *
 * @param statement its characters may stand for bytes, and the names with them (see `Session`)
 */
export function rewritten(
  statement: string,
  { from, into, definers, ownDirectory = false }: Rewriting,
): string {
  if (ownDirectory && statement.startsWith('CREATE TABLE ')) return withoutDirectories(statement);
  const alter = `ALTER DATABASE ${asBytes(quoteName(from))} `;
  if (from !== into && statement.startsWith(alter))
    return `ALTER DATABASE ${asBytes(quoteName(into))} ${statement.slice(alter.length)}`;
  // MariaDB names the database in a view whose definer is gone (see `canonicalLine`).
  const own =
    from !== into && viewStatement.test(statement)
      ? withoutQualifier(statement, asBytes(quoteName(from)))
      : statement;
  return definers === 'keep' ? own : withCurrentDefiner(own);
}

const viewStatement = /^\/\*!50001 CREATE [^]*?\n\/\*!50001 VIEW /;

/** A text as a session for bytes takes it: each character stands for one byte of it. */
export const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
