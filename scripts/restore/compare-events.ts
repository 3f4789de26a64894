import { note, type Context } from '../core/context.ts';
import { sqlErrorOf, withSession, type Session } from '../database/session/session.ts';
import type { Target } from '../database/session/target.ts';
import { canonicalLine, type CanonicalOptions } from '../dump/canonical.ts';
import type { Flavour } from '../sql/flavour.ts';
import { splitStatements } from '../sql/splitter.ts';
import type { Comparison } from './differences.ts';
import { sqlModeOfDumps } from './load/part-statements.ts';

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

/** An event that ends: a one-time event, or one that recurs until a given time. */
interface EndingEvent {
  readonly name: string;
  /** The session's `time_zone` that its times are written in. */
  readonly zone: string;
  /** When it runs for the last time, in that zone. */
  readonly until: string;
  /** ON COMPLETION PRESERVE: it stays, disabled. Otherwise the server drops it. */
  readonly preserved: boolean;
}

/** An event in the text of a dump. */
interface DumpedEvent {
  readonly name: string;
  /** The statements that make it, in canonical form. */
  readonly text: string;
  readonly ending: EndingEvent | undefined;
}

const dropEvent = /^\/\*!50106 DROP EVENT IF EXISTS (`(?:[^`]|``)+`) \*\/$/;
const setZone = /^\/\*!50003 SET time_zone\s+= '([^']+)' \*\/$/;
const createEvent = new RegExp(
  [
    /^\/\*!50106 CREATE\*\/ (?:\/\*!50117 DEFINER=.+?\*\/ )?\/\*!50106 EVENT (?:`(?:[^`]|``)+`|"(?:[^"]|"")+") ON SCHEDULE /,
    /(?:AT '(?<at>[^']+)'|EVERY (?:'[^']+'|\S+) \w+(?: STARTS '[^']+')?(?: ENDS '(?<ends>[^']+)')?)/,
    / ON COMPLETION (?<not>NOT )?PRESERVE (?:ENABLE|DISABLE)\b/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/** The events in a dump's part of events. */
function eventsIn(text: string, flavour: Flavour, options: CanonicalOptions): DumpedEvent[] {
  const statements = splitStatements(text, { file: 'events', sqlMode: sqlModeOfDumps, flavour });
  const blocks: { readonly name: string; readonly statements: string[] }[] = [];
  for (const statement of statements) {
    const name = dropEvent.exec(statement.text)?.[1];
    if (name !== undefined) blocks.push({ name: name.slice(1, -1).replaceAll('``', '`'), statements: [] });
    else if (!frame.test(statement.text)) blocks.at(-1)?.statements.push(statement.text);
  }
  return blocks.map((block) => ({
    name: block.name,
    text: block.statements
      .join('\n')
      .split('\n')
      .map((line) => canonicalLine('events', line, options) ?? '')
      .join('\n'),
    ending: endingOf(block.name, block.statements),
  }));
}

/** Around all events of a dump: there only where there are any. */
const frame = /^\/\*!50106 SET (?:@save_time_zone|TIME_ZONE)\s*= ?@/;

function endingOf(name: string, statements: readonly string[]): EndingEvent | undefined {
  const zone = statements
    .map((statement) => setZone.exec(statement)?.[1])
    .find((found) => found !== undefined);
  const created = statements
    .map((statement) => createEvent.exec(statement)?.groups)
    .find((groups) => groups !== undefined);
  const until = created?.['at'] ?? created?.['ends'];
  if (zone === undefined || until === undefined) return undefined;
  return { name, zone, until, preserved: created?.['not'] === undefined };
}

/** What of two parts of events is to be compared, and how. */
interface ComparedEvents {
  /** The text in the backup; of a part that is not there, nothing. */
  readonly expected: string;
  readonly found: string;
  readonly flavour: Flavour;
  /** For each of the two texts. */
  readonly options: { readonly expected: CanonicalOptions; readonly found: CanonicalOptions };
}

/**
 * The events without which two parts of events would be equal, where these are all such as a server no longer makes as
 * they were once their time has passed: it drops them at once (note 1588 of MariaDB and MySQL), or disables those that
 * are preserved (1544). Undefined where anything else differs. Pure.
 */
export function endedEvents({
  expected,
  found,
  flavour,
  options,
}: ComparedEvents): EndingEvent[] | undefined {
  const left = new Map(eventsIn(found, flavour, options.found).map(({ name, text }) => [name, text]));
  const ended: EndingEvent[] = [];
  for (const { name, text, ending } of eventsIn(expected, flavour, options.expected)) {
    const other = left.get(name);
    left.delete(name);
    if (other === text) continue;
    if (ending === undefined) return undefined;
    const becomes = ending.preserved ? disabled(text) : undefined;
    if (other !== becomes) return undefined;
    ended.push(ending);
  }
  return left.size === 0 ? ended : undefined;
}

/** The first in the text is the schedule's: nothing but a definer and a name stand before it. */
const disabled = (text: string): string =>
  text.replace(/ ON COMPLETION PRESERVE ENABLE(?= (?:COMMENT|DO) )/, ' ON COMPLETION PRESERVE DISABLE');
