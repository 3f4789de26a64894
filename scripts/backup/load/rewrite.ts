import { quoteName } from '../../database/quote.ts';

/** How statements of a dump are changed on their way into a database. */
export interface Rewriting {
  /** The database that the dump is of, and the one that it is loaded into. */
  readonly from: string;
  readonly into: string;
  /** `current`: what ran as another account runs as the one that restores. */
  readonly definers: Definers;
}

/** What becomes of the accounts that views, triggers, routines and events run as. */
export type Definers = 'keep' | 'current';

const account = "(?:`(?:[^`]|``)*`|'(?:[^'\\\\]|\\\\.|'')*'|[^\\s`'@]+)";
/** Where the dump programs write it: before the body, and before any text of the user's. */
const definer = new RegExp(
  `^((?:/\\*!\\d+ )?(?:CREATE|ALTER)\\b(?:[^'"\`;(]|\\*/\\s*/\\*!\\d+)*?DEFINER\\s*=\\s*)${account}(?:@${account})?`,
);

/**
 * A statement of a dump as it is to be run. The dump programs name the database where they change its charset for a
 * routine of another one: in another database it would be the live one that is changed.
 *
 * @param statement texts outside of ASCII may be bytes: nothing here looks at them
 */
export function rewritten(statement: string, { from, into, definers }: Rewriting): string {
  const alter = `ALTER DATABASE ${quoteName(from)} `;
  if (from !== into && statement.startsWith(alter))
    return `ALTER DATABASE ${quoteName(into)} ${statement.slice(alter.length)}`;
  return definers === 'keep' ? statement : withCurrentDefiner(statement);
}

/** A statement of a dump that runs as whoever loads it; also a line of a dump, to compare it regardless of accounts. */
export function withCurrentDefiner(statement: string): string {
  return statement.replace(definer, '$1CURRENT_USER');
}
