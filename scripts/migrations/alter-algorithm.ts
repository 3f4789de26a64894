import { quoteName } from '../database/quote.ts';
import type { Session } from '../database/session.ts';
import { tokensOf } from './lexer.ts';

/** How a server changes a table: at once, in place, or by copying all of it while nobody may write. */
export type Algorithm = 'INSTANT' | 'INPLACE' | 'COPY';

/** Where tables are tried on; made and dropped on a throwaway server only. */
const probeDatabase = 'maj_probe';

const name = '(`(?:[^`]|``)+`|[\\p{L}\\p{N}_$]+)';
const alterHead = new RegExp(
  `^ALTER\\s+(?:ONLINE\\s+)?(?:IGNORE\\s+)?TABLE\\s+(?:IF\\s+EXISTS\\s+)?${name}(?!\\s*\\.)\\s`,
  'iu',
);
const indexHead = new RegExp(
  `^(?:CREATE\\s+(?:(?:UNIQUE|FULLTEXT|SPATIAL)\\s+)?|DROP\\s+)INDEX\\s[^(]*?\\sON\\s+${name}(?!\\s*\\.)(?=\\s|\\(|$)`,
  'iu',
);

/**
 * The table that a statement alters, as it is written there; undefined where it alters none, names its database (which
 * would lead out of where it is tried), or asks for an algorithm itself.
 */
export function alteredTable(
  text: string,
): { readonly table: string; readonly separator: ', ' | ' ' } | undefined {
  const altered = alterHead.exec(text)?.[1];
  const indexed = altered === undefined ? indexHead.exec(text)?.[1] : undefined;
  const table = altered ?? indexed;
  if (table === undefined || [...tokensOf(text)].includes('ALGORITHM')) return undefined;
  const plain = table.startsWith('`') ? table.slice(1, -1).replaceAll('``', '`') : table;
  return { table: plain, separator: altered === undefined ? ' ' : ', ' };
}

/**
 * The algorithm that a server needs for a statement: tried, cheapest first, on an empty table of the same definition.
 * Foreign keys, which such a table does not have, are the exception.
 *
 * @param session a session of its own on a throwaway server, allowed everything there
 * @returns undefined where the statement alters no table, or cannot be tried apart from the rest
 */
export async function neededAlgorithm(
  session: Session,
  database: string,
  text: string,
): Promise<Algorithm | undefined> {
  const altered = alteredTable(text);
  if (altered === undefined) return undefined;
  const probe = quoteName(probeDatabase);
  const table = quoteName(altered.table);
  const attempt = async (algorithm: Algorithm): Promise<boolean> => {
    try {
      await session.run(`${text}${altered.separator}ALGORITHM=${algorithm}`);
      return true;
    } catch {
      return false;
    }
  };
  try {
    await session.run(`CREATE DATABASE ${probe}`);
    await session.run(`USE ${probe}`);
    await session.run('SET SESSION foreign_key_checks = 0');
    await session.run(`CREATE TABLE ${table} LIKE ${quoteName(database)}.${table}`);
    for (const algorithm of ['INSTANT', 'INPLACE', 'COPY'] as const)
      if (await attempt(algorithm)) return algorithm;
    return undefined;
  } catch {
    // A view, or a table that is not there: the statement itself will tell.
    return undefined;
  } finally {
    await session.run(`DROP DATABASE IF EXISTS ${probe}`);
  }
}
