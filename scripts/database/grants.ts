import { escaped } from '../system/regular-expression.ts';
import type { Session } from './session.ts';

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
  if (session.server.flavour === 'mariadb') return 'SHOW GRANTS';
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
