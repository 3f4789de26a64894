import type { Context } from '../context.ts';
import { withSession } from './session.ts';
import { noLimit } from './session-state.ts';
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
      // What cuts or refuses the answer is remembered first.
      await session.run(
        `SET @select_limit = @@SESSION.sql_select_limit, @big_selects = @@SESSION.sql_big_selects,
           SESSION sql_select_limit = ${noLimit}, SESSION sql_big_selects = 1`,
      );
      const rows = await session.rows(`SHOW SESSION VARIABLES WHERE Variable_name IN (${list})`);
      const [saved] = await session.rows('SELECT @select_limit AS select_limit, @big_selects AS big_selects');
      const changed = new Map([
        ['sql_select_limit', String(saved?.['select_limit'])],
        ['sql_big_selects', Number(saved?.['big_selects']) === 1 ? 'ON' : 'OFF'],
      ]);
      return new Map(
        rows.map((row) => {
          const name = String(row['Variable_name']);
          return [name, changed.get(name) ?? String(row['Value'])];
        }),
      );
    },
    { state: 'client' },
  );
}
