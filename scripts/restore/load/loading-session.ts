import { refused } from '../../core/errors.ts';
import { currentUser } from '../../database/grants.ts';
import { readVariables } from '../../database/session/client-settings.ts';
import { sqlErrorOf, type Session } from '../../database/session/session.ts';
import { traits, type Flavour } from '../../sql/flavour.ts';

/**
 * What a server may refuse to make again in a session with its own settings, though it holds it. A session may switch
 * most of it off; on MySQL that takes SESSION_VARIABLES_ADMIN ("System Variable Privileges" in its manual).
 */
const tolerant: Readonly<Record<Flavour, readonly string[]>> = {
  mysql: [
    'sql_require_primary_key = OFF',
    'restrict_fk_on_non_standard_key = OFF',
    'innodb_strict_mode = OFF',
    // More memory than 1 MB to sort indexes in (8.0.27 and later).
    'innodb_ddl_buffer_size = 67108864',
  ],
  mariadb: ['innodb_strict_mode = OFF'],
};

/**
 * Gives a session the settings of a dump's header, and those with which what was once made can be made again. What a
 * server does not let this account set stays as it is.
 *
 * @param header the statements of the dump's first part
 * @throws MajError `load-settings`
 */
export async function prepareForLoading(
  session: Session,
  header: readonly { readonly text: string }[],
): Promise<void> {
  for (const { text } of header) await session.run(text);
  await prepareLoad(session);
  // One transaction for many statements.
  await session.run('SET SESSION autocommit = 0');
  const { flavour } = session.server;
  // A dump's header has switched the checks off.
  if (traits.bulkInsertsUnchecked[flavour]) await session.run('SET SESSION unique_checks = 1');
  for (const setting of tolerant[flavour])
    await session.run(`SET SESSION ${setting}`).catch((error: unknown) => {
      if (sqlErrorOf(error)?.errno === undefined) throw error;
    });
}

/**
 * What would make something else of a dump's definitions than what they say, beside what the known state and the dump's own
 * header set: functions that return texts of another collation, TIMESTAMP columns that get a default, keys and columns
 * that nobody asked for, another engine, ALTER TABLE in a way that it cannot go. Values as SHOW VARIABLES prints them.
 */
const needed: Readonly<Record<Flavour, readonly (readonly [name: string, value: string])[]>> = {
  mariadb: [
    ['explicit_defaults_for_timestamp', 'ON'],
    ['enforce_storage_engine', ''],
    ['alter_algorithm', 'DEFAULT'],
    ['innodb_compression_default', 'OFF'],
  ],
  mysql: [
    ['default_collation_for_utf8mb4', 'utf8mb4_0900_ai_ci'],
    ['explicit_defaults_for_timestamp', 'ON'],
    ['sql_generate_invisible_primary_key', 'OFF'],
  ],
};

/**
 * Puts a session into the state in which a dump is loaded, where it is not in it.
 *
 * @throws MajError `load-settings` naming what this account may not set
 */
export async function prepareLoad(session: Session): Promise<void> {
  const wanted = new Map(needed[session.server.flavour]);
  const settings: { name: string; value: string }[] = [];
  for (const [name, value] of await readVariables(session, 'SESSION', [...wanted.keys()])) {
    const want = wanted.get(name) ?? '';
    if (value === want) continue;
    try {
      // In quotes: the word DEFAULT alone would mean the server's global value.
      await session.run(`SET SESSION ${name} = ${want === '' ? 'NULL' : `'${want}'`}`);
    } catch (error) {
      if (sqlErrorOf(error)?.errno === undefined) throw error;
      settings.push({ name, value });
    }
  }
  if (settings.length > 0)
    throw refused('load-settings', {
      user: await currentUser(session),
      flavour: session.server.flavour,
      settings,
    });
}

/** Tells a server whether the tables that are made from now on get files of their own. */
export type PlaceTables = (session: Session, inOwnFiles: boolean) => Promise<void>;

/**
 * In a copy small tables share one file of InnoDB's, where nothing shows it: to make one for each takes the server four
 * flushes, whatever it is told of durability, and more time than all else about an empty table. A table that is made anew
 * gets its own.
 *
 * @param isCopy whether the server is a throwaway one, where that may be set for all
 */
export function placeTables(isCopy: boolean): PlaceTables {
  let current = true;
  return async (session, inOwnFiles) => {
    if (!isCopy || !traits.sharesFilesUnseen[session.server.flavour] || inOwnFiles === current) return;
    await session.run(`SET GLOBAL innodb_file_per_table = ${inOwnFiles ? 'ON' : 'OFF'}`);
    current = inOwnFiles;
  };
}

const plainTail =
  /\n\) ENGINE=InnoDB(?: (?:AUTO_INCREMENT=\d+|DEFAULT CHARSET=\w+|COLLATE=\w+|COMMENT='(?:[^'\\]|\\.|'')*'))*$/;

/** Whether a CREATE TABLE asks for nothing that takes a file of its own: compression, encryption, a folder, partitions. */
export const mayShareFile = (create: string): boolean => plainTail.test(create);
