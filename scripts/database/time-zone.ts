import type { Context } from '../core/context.ts';
import { clientSettings } from './session/client-settings.ts';
import { systemNow } from './session/session-state.ts';
import { withSession, type Session } from './session/session.ts';
import type { Target } from './session/target.ts';

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
