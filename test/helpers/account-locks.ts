import { readAccounts } from '../../scripts/database/account-locks.ts';
import type { Session } from '../../scripts/database/session/session.ts';

/** Gives an account what it needs to lock others: as docs/applications.md says. */
export async function allowLocking(session: Session, account: string): Promise<void> {
  const isMysql = session.server.flavour === 'mysql';
  const admin = isMysql ? 'CONNECTION_ADMIN' : 'CONNECTION ADMIN';
  await session.run(`GRANT CREATE USER, PROCESS, ${admin} ON *.* TO ${account}`);
  await session.run(`GRANT SELECT ON ${isMysql ? 'mysql.user' : 'mysql.global_priv'} TO ${account}`);
}

/** The accounts of this name that are locked. */
export async function lockedOf(session: Session, name: string): Promise<string[]> {
  const accounts = await readAccounts(session, [name]);
  return accounts.filter(({ isLocked }) => isLocked).map(({ user, host }) => `${user}@${host}, locked`);
}
