import type { Other, Others } from '../../../database/others.ts';
import { oneLine } from '../../../system/printable.ts';

const stopWriters =
  'Stop what writes there (services, queue workers, cron); with APP_SERVICES or APP_STOP_COMMAND maj does that (docs/applications.md).';

function otherText({ id, account, program, does, words, seconds }: Other): string {
  const client = program === undefined ? '' : `, ${program}`;
  const work = {
    statement: `runs a statement${words === undefined ? '' : ` (${words} …)`}`,
    transaction: `has an open transaction since ${seconds} s`,
    idle: `idle since ${seconds} s`,
  }[does];
  return `  - connection ${id} of ${account}${client}: ${work}`;
}

/** Who else is in a database and what to do about it, as lines below a message; nothing where it could not be learned. */
export function othersText(others: Others | undefined): string {
  if (others === undefined) return '';
  const { database, connections, whole } = others;
  const blind = whole ? '' : '\nWithout the privilege PROCESS maj sees connections of its own account only.';
  if (connections.length === 0)
    return `\nNobody else is seen in ${database} now; an event of the database may be what writes (SHOW EVENTS).${blind}\n${stopWriters}`;
  return `\nIn ${database} are:\n${connections.map((one) => oneLine(otherText(one))).join('\n')}${blind}\n${stopWriters}`;
}
