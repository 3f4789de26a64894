import type { ServerLikeness } from './server-options.ts';
import type { Session } from './session.ts';

/** How a server keeps the names of tables: 0 as written, 1 in lower case, 2 as written but compared in lower case. */
export type LowerCaseTableNames = 0 | 1 | 2;

/** Reads a server's lower_case_table_names. */
export async function readLowerCaseTableNames(session: Session): Promise<LowerCaseTableNames> {
  const [row] = await session.rows('SELECT @@GLOBAL.lower_case_table_names AS mode');
  const mode = Number(row?.['mode']);
  return mode === 1 || mode === 2 ? mode : 0;
}

/**
 * What a throwaway server has to be made with for a backup: for the names of its tables, and for what is computed in the
 * time zone of its server. 2 is for file systems that do not tell cases apart, and refused on others: names in it are as
 * written, as with 0.
 */
export const likenessFor = (source: {
  readonly lowerCaseTableNames?: LowerCaseTableNames | undefined;
  readonly timeZone?: string | undefined;
}): ServerLikeness => ({
  ...(source.lowerCaseTableNames === 1 ? { lowerCaseTableNames: 1 } : {}),
  ...(source.timeZone === undefined ? {} : { timeZone: source.timeZone }),
});
