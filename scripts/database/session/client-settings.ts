import type { Context } from '../../core/context.ts';
import { noLimit } from './session-state.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

/**
 * What a client of this account begins with, `init_connect` included: asked of a connection that nothing was done to.
 * (An account with SUPER, or CONNECTION_ADMIN, has no `init_connect`.)
 *
 * @param names of system variables
 * @returns the values as SHOW VARIABLES prints them, of those that this server has
 */
export async function clientSettings(
  context: Pick<Context, 'signal'>,
  target: Target,
  names: readonly string[],
): Promise<Map<string, string>> {
  const list = names.map((name) => `'${name}'`).join(', ');
  return withSession(
    context,
    target,
    async (session) => {
      // What cuts, refuses or ends the answer is remembered first.
      await session.run(
        `SET @select_limit = @@SESSION.sql_select_limit, SESSION sql_select_limit = ${noLimit},
           @big_selects = @@SESSION.sql_big_selects, SESSION sql_big_selects = 1
           /*M!100101 , @time = @@SESSION.max_statement_time, SESSION max_statement_time = 0 */
           /*!50708 , @time = @@SESSION.max_execution_time, SESSION max_execution_time = 0 */`,
      );
      const rows = await session.rows(`SHOW SESSION VARIABLES WHERE Variable_name IN (${list})`);
      const [saved] = await session.rows(
        'SELECT CAST(@select_limit AS CHAR) AS cut, @big_selects AS big, CAST(@time AS CHAR) AS time',
      );
      const changed = new Map([
        ['sql_select_limit', saved?.['cut']],
        ['sql_big_selects', Number(saved?.['big']) === 1 ? 'ON' : 'OFF'],
        ['max_statement_time', saved?.['time']],
        ['max_execution_time', saved?.['time']],
      ]);
      return new Map(
        rows.map((row) => {
          const name = String(row['Variable_name']);
          return [name, String(changed.get(name) ?? row['Value'])];
        }),
      );
    },
    { state: 'client' },
  );
}
