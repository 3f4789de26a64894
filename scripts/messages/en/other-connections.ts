import { oneLine } from '../../core/format.ts';
import type { OtherConnection, Others } from '../../database/other-connections.ts';

const stopWriters =
  'Stop what writes there (services, queue workers, cron); with APP_SERVICES, APP_STOP_COMMAND or APP_DB_ACCOUNTS maj does that (docs/applications.md).';

function otherText({ id, account, program, does, words, seconds }: OtherConnection): string {
  const client = program === undefined ? '' : `, ${program}`;
  const work = {
    statement: `runs a statement${words === undefined ? '' : ` (${words} …)`}`,
    transaction: `has had an open transaction for ${seconds} s`,
    idle: `has been idle for ${seconds} s`,
  }[does];
  return `  - connection ${id} of ${account}${client}: ${work}`;
}

/** Who else is in a database and what to do about it, as lines below a message; nothing where it could not be learned. */
export function othersText(others: Others | undefined): string {
  if (others === undefined) return '';
  const { database, connections, whole } = others;
  const blind = whole ? '' : '\nWithout the privilege PROCESS maj sees connections of its own account only.';
  if (connections.length === 0)
    return `\nmaj sees no other connection in ${database} now. It may be a program that connects only for a moment, or an event of the database: SHOW EVENTS lists those.${blind}\n${stopWriters}`;
  return `\nConnections in ${database}:\n${connections.map((one) => oneLine(otherText(one))).join('\n')}${blind}\n${stopWriters}`;
}
