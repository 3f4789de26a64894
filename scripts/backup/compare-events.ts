import { note, type Context } from '../context.ts';
import { sqlErrorOf, withSession, type Session } from '../database/session.ts';
import type { Target } from '../database/target.ts';
import type { Comparison } from './differences.ts';
import { endedEvents, type ComparedEvents, type EndingEvent } from './ended-events.ts';

/**
 * Takes the difference in events out of a comparison where it is no more than that the time of some has passed, and
 * names these in a note: no server makes them again as they were.
 *
 * @param target the database that was compared with a backup
 */
export async function withoutEndedEvents(
  context: Context,
  target: Target,
  comparison: Comparison,
  how: Pick<ComparedEvents, 'flavour' | 'options'>,
): Promise<Comparison> {
  const difference = comparison.differences.find(({ id }) => id.kind === 'events');
  if (difference === undefined || difference.expected === null) return comparison;
  const { expected, found } = difference;
  const events = endedEvents({ ...how, expected, found: found ?? '' });
  if (events === undefined || events.length === 0) return comparison;
  const ended = await withSession(context, target, (session) => allEnded(session, events));
  if (!ended) return comparison;
  note(context, 'events-ended', { database: target.database, events: events.map(({ name }) => name) });
  return {
    differences: comparison.differences.filter((other) => other !== difference),
    equal: comparison.equal + 1,
    canonical: comparison.canonical + 1,
  };
}

/** Asks the server itself, since it alone knows its time zones. Of a time that it cannot tell (0, NULL) nothing is known. */
async function allEnded(session: Session, events: readonly EndingEvent[]): Promise<boolean> {
  try {
    for (const { zone, until } of events) {
      await session.rows('SET time_zone = ?', [zone]);
      const [row] = await session.rows(
        'SELECT UNIX_TIMESTAMP(?) > 0 AND UNIX_TIMESTAMP(?) <= UNIX_TIMESTAMP() AS ended',
        [until, until],
      );
      if (Number(row?.['ended']) !== 1) return false;
    }
    return true;
  } catch (error) {
    // A time zone that this server does not have: it could not make the event either.
    if (sqlErrorOf(error) === undefined) throw error;
    return false;
  }
}
