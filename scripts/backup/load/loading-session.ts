import { prepareLoad } from '../../database/load-state.ts';
import { sqlErrorOf, type Session } from '../../database/session.ts';

/**
 * What a server may refuse to make again in a session with its own settings, though it holds it. A session may switch
 * most of it off; on MySQL that takes SESSION_VARIABLES_ADMIN ("System Variable Privileges" in its manual).
 */
const tolerant: Readonly<Record<Session['server']['flavour'], readonly string[]>> = {
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
  // MariaDB fills an empty table by a bulk insert where a dump's header has switched the checks off (MDEV-515), which
  // locks the table, and which with LOAD DATA is slower than without (10.11, 450 MB: 11.2 s against 6.8 s).
  if (flavour === 'mariadb') await session.run('SET SESSION unique_checks = 1');
  for (const setting of tolerant[flavour])
    await session.run(`SET SESSION ${setting}`).catch((error: unknown) => {
      if (sqlErrorOf(error)?.errno === undefined) throw error;
    });
}
