import { refused } from '../errors.ts';
import type { Flavour } from './flavour.ts';
import { currentUser } from './grants.ts';
import { sqlErrorOf, type Session } from './session.ts';

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
  const list = [...wanted.keys()].map((name) => `'${name}'`).join(', ');
  const rows = await session.rows(`SHOW SESSION VARIABLES WHERE Variable_name IN (${list})`);
  const settings: { name: string; value: string }[] = [];
  for (const row of rows) {
    const [name, value] = [String(row['Variable_name']), String(row['Value'])];
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
