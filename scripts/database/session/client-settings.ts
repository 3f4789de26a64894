import type { Context } from '../../core/context.ts';
import { noLimit, systemNow } from './session-state.ts';
import { withSession, type Session } from './session.ts';
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
      const values = await readVariables(session, 'SESSION', names);
      const [saved] = await session.rows(
        'SELECT CAST(@select_limit AS CHAR) AS cut, @big_selects AS big, CAST(@time AS CHAR) AS time',
      );
      const changed = new Map([
        ['sql_select_limit', saved?.['cut']],
        ['sql_big_selects', Number(saved?.['big']) === 1 ? 'ON' : 'OFF'],
        ['max_statement_time', saved?.['time']],
        ['max_execution_time', saved?.['time']],
      ]);
      for (const [name, value] of changed)
        if (values.has(name) && typeof value === 'string') values.set(name, value);
      return values;
    },
    { state: 'client' },
  );
}

/** The values of system variables as SHOW VARIABLES prints them, of those that this server has. */
export async function readVariables(
  session: Session,
  scope: 'SESSION' | 'GLOBAL',
  names: readonly string[],
): Promise<Map<string, string>> {
  const list = names.map((name) => `'${name}'`).join(', ');
  const rows = await session.rows(`SHOW ${scope} VARIABLES WHERE Variable_name IN (${list})`);
  return new Map(rows.map((row) => [String(row['Variable_name']), String(row['Value'])]));
}

/**
 * Reads the time zone that a server gives its clients.
 *
 * @returns a name or an offset; undefined where it is that of the server's machine, and this one's clock agrees with it
 *   today. No server tells the name of its machine's zone: where the clocks differ, the offset of today stands for it
 */
export async function readTimeZone(
  context: Pick<Context, 'signal' | 'clock'>,
  target: Target,
): Promise<string | undefined> {
  const zone = (await clientSettings(context, target, ['time_zone'])).get('time_zone') ?? 'SYSTEM';
  if (zone !== 'SYSTEM') return zone;
  const ahead = await withSession(context, target, minutesAhead);
  return ahead === -context.clock.now().getTimezoneOffset() ? undefined : offsetText(ahead);
}

/** How far the clock of a server's machine is ahead of UTC today. */
export async function minutesAhead(session: Session): Promise<number> {
  const [clock] = await session.rows(`SELECT TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), ${systemNow}) AS ahead`);
  return Number(clock?.['ahead']);
}

/** `+05:30`, as servers write a time zone that has no name. */
export function offsetText(minutes: number): string {
  const part = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${part(size / 60)}:${part(size % 60)}`;
}
