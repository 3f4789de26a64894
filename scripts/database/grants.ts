import { traits } from '../sql/flavour.ts';
import { escaped } from '../system/regular-expression.ts';
import type { Session } from './session/session.ts';
import type { SqlError } from './session/sql-error.ts';

/** The privileges that cover one whole database, as the server prints them in capitals. */
export type Grants = ReadonlySet<string>;

/** Reads what this user may do on all of a database, through its roles too. */
export async function readGrants(session: Session, database: string): Promise<Grants> {
  return grantsOn(await readGrantLines(session), database);
}

/** What SHOW GRANTS says of this user, line by line. */
export async function readGrantLines(session: Session): Promise<readonly string[]> {
  const rows = await session.rows(await grantsQuestion(session));
  return rows.map((row) => String(Object.values(row)[0]));
}

/** The account that the session works as: `name@host`, which may be another than what it logged in with. */
export async function currentUser(session: Session): Promise<string> {
  const [row] = await session.rows('SELECT CURRENT_USER() AS user');
  return String(row?.['user']);
}

/** MariaDB lists what the active role brings; MySQL has to be asked for it. */
async function grantsQuestion(session: Session): Promise<string> {
  if (traits.showsGrantsOfRole[session.server.flavour]) return 'SHOW GRANTS';
  const [row] = await session.rows('SELECT CURRENT_ROLE() AS roles');
  const roles = row?.['roles'];
  return typeof roles !== 'string' || roles === 'NONE' || roles === ''
    ? 'SHOW GRANTS'
    : `SHOW GRANTS FOR CURRENT_USER() USING ${roles}`;
}

/**
 * Reads lines of SHOW GRANTS: pure.
 *
 * @returns the privileges that hold for the whole database; `ALL PRIVILEGES` stands for every one (see `allows`)
 */
export function grantsOn(lines: readonly string[], database: string): Grants {
  const granted = new Set<string>();
  for (const line of lines) {
    // In a session with ANSI_QUOTES the names are in double quotes.
    const match = /^GRANT (.+?) ON (?:\*|(["`])((?:(?!\2).|\2\2)*)\2)\.\* TO /s.exec(line);
    if (match === null) continue;
    const [, privileges = '', quote, pattern = ''] = match;
    if (quote !== undefined && !patternOf(pattern, quote).test(database)) continue;
    for (const privilege of privileges.split(',')) granted.add(privilege.trim().toUpperCase());
  }
  // MySQL's partial revokes: everything but this database.
  for (const line of lines) {
    const match = /^REVOKE (.+?) ON (["`])((?:(?!\2).|\2\2)*)\2\.\* FROM /s.exec(line);
    if (match === null || !patternOf(match[3] ?? '', match[2] ?? '').test(database)) continue;
    for (const privilege of (match[1] ?? '').split(',')) granted.delete(privilege.trim().toUpperCase());
  }
  return granted;
}

/** Whether one of these privileges is among the granted ones. */
export function allows(grants: Grants, ...oneOf: readonly string[]): boolean {
  return grants.has('ALL PRIVILEGES') || oneOf.some((privilege) => grants.has(privilege));
}

/** The name of a database in a grant is a pattern: `%`, `_`, and a backslash before those that stand for themselves. */
function patternOf(quoted: string, quote: string): RegExp {
  const text = quoted.replaceAll(quote + quote, quote).replaceAll(/\\?[\s\S]/g, (piece) => {
    if (piece === '%') return '[\\s\\S]*';
    if (piece === '_') return '[\\s\\S]';
    const literal = /^\\[%_\\]$/.test(piece) ? piece.slice(1) : piece;
    return escaped(literal);
  });
  return new RegExp(`^${text}$`);
}

/**
 * What an account may hold for all of a throwaway server while scripts run there: nothing that reaches a file, the
 * network, an account, another session or a setting of the server. What is not in this list is never given, whatever the
 * live account has: FILE, SUPER, SYSTEM_VARIABLES_ADMIN, REPLICATION …, CREATE USER, plugins, BINLOG statements, and PROCESS,
 * which would tell the name of the account that looks on.
 */
const harmless: readonly string[] = [
  ...['RELOAD', 'CREATE TABLESPACE', 'BACKUP_ADMIN', 'XA_RECOVER_ADMIN'],
  ...[
    'FLUSH_TABLES',
    'FLUSH_STATUS',
    'FLUSH_OPTIMIZER_COSTS',
    'OPTIMIZE_LOCAL_TABLE',
    'TABLE_ENCRYPTION_ADMIN',
  ],
];

/** What concerns one's own session, `sql_log_bin` above all: SUPER held it on older servers, and holds it still. */
const ofSuper: readonly string[] = ['SESSION_VARIABLES_ADMIN', 'BINLOG ADMIN'];

/** What makes a view or routine another's. Scripts may run on the copy under another host than live, so all may do it. */
const always: readonly string[] = ['SET USER', 'SET_USER_ID', 'SET_ANY_DEFINER', 'ALLOW_NONEXISTENT_DEFINER'];

/**
 * What the account that scripts run as is given for all of a throwaway server: pure.
 *
 * @param live the lines of SHOW GRANTS of the live account; undefined where nobody could be asked: what is harmless
 * @param known the privileges of the throwaway server, in capitals
 */
export function harmlessGrants(live: readonly string[] | undefined, known: ReadonlySet<string>): string[] {
  const global = live === undefined ? new Set(['ALL PRIVILEGES']) : globalGrants(live);
  const has = (...names: readonly string[]): boolean => names.some((name) => global.has(name));
  return [...harmless, ...ofSuper, ...always].filter(
    (name) =>
      known.has(name) &&
      (has(name, 'ALL PRIVILEGES') || always.includes(name) || (ofSuper.includes(name) && has('SUPER'))),
  );
}

/** What an account can be given on all of one database: as both servers print it in SHOW GRANTS, in capitals. */
const ofDatabase: ReadonlySet<string> = new Set([
  ...[
    'SELECT',
    'INSERT',
    'UPDATE',
    'DELETE',
    'CREATE',
    'DROP',
    'REFERENCES',
    'INDEX',
    'ALTER',
    'TRIGGER',
    'EVENT',
  ],
  ...['CREATE TEMPORARY TABLES', 'LOCK TABLES', 'CREATE VIEW', 'SHOW VIEW'],
  ...['EXECUTE', 'CREATE ROUTINE', 'ALTER ROUTINE', 'SHOW CREATE ROUTINE', 'DELETE HISTORY'],
]);

/** What is granted on something: its privileges as GRANT takes them, and the object; null: all of the database. */
interface DatabaseGrant {
  readonly privileges: string;
  readonly on: { readonly type: string; readonly name: string } | null;
}

/**
 * What the account that scripts run as is given on the copy's database: what the live account has there, and no more. Pure.
 *
 * @param live the lines of SHOW GRANTS of the live account; undefined where nobody could be asked: everything
 */
export function copyGrants(live: readonly string[] | undefined, database: string): DatabaseGrant[] {
  const all = { privileges: 'ALL PRIVILEGES', on: null };
  if (live === undefined) return [all];
  const held = grantsOn(live, database);
  if (held.has('ALL PRIVILEGES')) return [all];
  const whole = [...held].filter((name) => ofDatabase.has(name));
  return [
    ...(whole.length === 0 ? [] : [{ privileges: whole.join(', '), on: null }]),
    ...live.flatMap((line) => objectGrant(line, database)),
  ];
}

const quotedName = '`((?:[^`]|``)+)`';
const column = '(?:`(?:[^`]|``)+`|\\w+)';
const privilege = `[A-Z]+(?: [A-Z]+)*(?: \\(${column}(?:, ?${column})*\\))?`;

/** `GRANT SELECT (`id`, `v`), INSERT ON `app`.`t` TO …`: the live server's words, taken only where they can be nothing else. */
const objectLine = new RegExp(
  `^GRANT (${privilege}(?:, ?${privilege})*) ON (?:(FUNCTION|PROCEDURE|PACKAGE|PACKAGE BODY) )?${quotedName}\\.${quotedName} TO `,
);

/** What a line of SHOW GRANTS gives on one table or routine of a database. */
function objectGrant(line: string, database: string): DatabaseGrant[] {
  const [, privileges = '', type = 'TABLE', schema = '', name = ''] = objectLine.exec(line) ?? [];
  if (schema.replaceAll('``', '`') !== database) return [];
  return [{ privileges, on: { type, name: name.replaceAll('``', '`') } }];
}

/**
 * What the live account lacks on its own database, where the server refused something on the copy for that; by the server's
 * error: pure.
 *
 * @returns the privileges' names, empty where the server names none; undefined where it was refused for another reason
 */
export function lacksOnLive(
  live: readonly string[] | undefined,
  database: string,
  { errno, message }: Pick<SqlError, 'errno' | 'message'>,
): string | undefined {
  if (live === undefined) return undefined;
  const held = grantsOn(live, database);
  if (held.has('ALL PRIVILEGES')) return undefined;
  // ER_DBACCESS_DENIED_ERROR names the database, and no privilege.
  if (errno === 1044) return message.endsWith(`to database '${database}'`) ? '' : undefined;
  const asked = /^(?:\(conn.*?\) )?([A-Za-z, ]+) command denied to user/.exec(message)?.[1]?.toUpperCase();
  const missing = (asked?.split(/, ?/) ?? []).filter((name) => ofDatabase.has(name) && !held.has(name));
  return missing.length === 0 ? undefined : missing.join(', ');
}

/**
 * Whether the live account may do what an account on the copy was refused, by the server's words: pure.
 *
 * @returns undefined where nobody could be asked, or the words name no privilege
 */
export function mayOnLive(live: readonly string[] | undefined, words: string): boolean | undefined {
  const named = /at least one of\) the (.+?) privilege/.exec(words)?.[1];
  if (live === undefined || named === undefined) return undefined;
  return holdsEverywhere(live, ...named.split(/, | or /));
}

/**
 * Whether an account may make functions and triggers on a server with a binary log that does not trust their makers
 * (`log_bin_trust_function_creators`, error 1419): pure.
 *
 * @param live the lines of SHOW GRANTS
 */
export const isTrustedCreator = (live: readonly string[]): boolean =>
  holdsEverywhere(live, 'SUPER', 'BINLOG ADMIN');

/**
 * Whether an account holds one of these privileges on all of the server: pure.
 *
 * @param lines of SHOW GRANTS
 */
export const holdsEverywhere = (lines: readonly string[], ...oneOf: readonly string[]): boolean =>
  allows(globalGrants(lines), ...oneOf);

/** What holds everywhere: no pattern for names of databases fits one that cannot be. */
const globalGrants = (lines: readonly string[]): ReadonlySet<string> =>
  grantsOn(
    lines.filter((line) => line.includes(' ON *.* TO ')),
    '',
  );
