import { Cursor } from './cursor.ts';
import type { SqlToken } from './tokens.ts';

/** Beginnings of statements on what all databases of a server share: accounts, plugins, replication, the server itself. */
const beginnings: readonly string[] = [
  ...['USER', 'ROLE', 'SERVER', 'TABLESPACE', 'UNDO', 'LOGFILE', 'RESOURCE'].flatMap((object) =>
    ['CREATE', 'CREATE OR REPLACE', 'ALTER', 'DROP'].map((verb) => `${verb} ${object}`),
  ),
  'ALTER INSTANCE',
  'RENAME USER',
  'SET PASSWORD FOR',
  'SET DEFAULT ROLE',
  ...['PLUGIN', 'SONAME', 'COMPONENT'].flatMap((object) => [`INSTALL ${object}`, `UNINSTALL ${object}`]),
  ...['MASTER', 'SLAVE', 'REPLICA', 'BINARY', 'PERSIST'].map((object) => `RESET ${object}`),
  ...['MASTER', 'BINARY'].map((object) => `PURGE ${object}`),
  ...['MASTER', 'REPLICATION'].map((object) => `CHANGE ${object}`),
  ...['SLAVE', 'REPLICA', 'ALL', 'GROUP_REPLICATION'].flatMap((object) => [
    `START ${object}`,
    `STOP ${object}`,
  ]),
  'CLONE LOCAL',
  'CLONE INSTANCE',
];
const alone = new Set(['SHUTDOWN', 'RESTART']);

/** What of the whole server a statement changes, in its own words: `CREATE USER`; undefined: nothing. */
export function serverWide(statement: readonly SqlToken[]): string | undefined {
  const words = statement.slice(0, 4).map(({ keyword }) => keyword);
  const [first = '', second = ''] = words;
  if (alone.has(first) && ['', ';', 'END', 'WAIT'].includes(second)) return first;
  if (first === 'GRANT' || first === 'REVOKE') return isOnOneDatabase(statement) ? undefined : first;
  if (first === 'CREATE' && statement.some(({ keyword }) => keyword === 'SONAME')) return 'CREATE … SONAME';
  // In a routine it may be a variable of that name.
  if (statement[0]?.start === 0 && first === 'SET' && second === 'PASSWORD') return 'SET PASSWORD';
  const text = `${words.join(' ')} `;
  return beginnings.find((beginning) => text.startsWith(`${beginning} `));
}

/** Privileges on a database or on what is in it; roles, PROXY and `*.*` are on no database alone. */
function isOnOneDatabase(grant: readonly SqlToken[]): boolean {
  const on = grant.findIndex(({ keyword }) => keyword === 'ON');
  if (on < 0 || grant[1]?.keyword === 'PROXY') return false;
  const cursor = new Cursor(grant, on + 1);
  return !cursor.take('*', '.', '*') && !cursor.take('TABLE', '*', '.', '*');
}
