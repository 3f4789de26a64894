import type { Backup } from '../backup/list.ts';
import { warn, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import type { Definers } from '../database/definition-texts.ts';
import { allows, currentUser, readGrants } from '../database/grants.ts';
import type { DatabaseAccount } from '../database/inventory.ts';
import { withSession, type Session } from '../database/session/session.ts';
import type { Target } from '../database/session/target.ts';
import { codecNamed } from '../dump/codec.ts';
import { readLowerCaseTableNames } from '../server/server-options.ts';
import { traits } from '../sql/flavour.ts';
import { isOlderSeries, type ServerVersion } from '../sql/server-version.ts';
import { checkFlavour } from './compare.ts';
import { prepareLoad } from './load/loading-session.ts';

/**
 * Checks what can be checked before anything is dropped, and warns of accounts that are not there.
 *
 * @param options `wayBack`: what is asked is whether a way back from here would be possible, should it be needed
 * @throws MajError `database-missing`, `flavour-differs`, `server-older`, `name-case-differs`, `codec-missing`,
 *   `load-settings`, `definers-not-allowed`
 */
export async function checkRestorable(
  context: Context,
  backup: Backup,
  target: Target,
  definers: Definers,
  options: { readonly database?: null; readonly wayBack?: boolean } = {},
): Promise<void> {
  await codecNamed(context, backup.manifest.codec);
  await withSession(
    context,
    target,
    async (session) => {
      checkFlavour(backup, session.server);
      checkVersion(backup, session.server);
      await checkNameCase(backup, session);
      await prepareLoad(session);
      if (definers === 'keep') await checkDefiners(context, backup, session, options.wayBack === true);
    },
    options.database === undefined ? {} : { database: options.database },
  );
}

/** A dump may hold what an older server does not know: collations, types, syntax. It would stop in the middle. */
function checkVersion(backup: Backup, server: ServerVersion): void {
  const source = backup.manifest.database.server;
  if (isOlderSeries(server.version, source.version))
    throw refused('server-older', { backup: backup.id, source: source.text, server: server.text });
}

/** A server that keeps names in lower case makes two tables one where only the case tells them apart. */
async function checkNameCase({ id, manifest }: Backup, session: Session): Promise<void> {
  const { lowerCaseTableNames: was } = manifest.database;
  const is = await readLowerCaseTableNames(session);
  if (was === undefined || (was === 1) === (is === 1)) return;
  const { tables, views } = manifest.inventory;
  const names = [...tables.map(({ name }) => name), ...views].filter((name) => name !== name.toLowerCase());
  if (names.length > 0)
    throw refused('name-case-differs', { backup: id, names, server: session.server.text });
}

/** What lets a user create objects that run as another; without it the load would stop in the middle (error 1227). */
const definerPrivileges = ['SUPER', 'SET USER', 'SET_USER_ID', 'SET_ANY_DEFINER'] as const;
/** MySQL 8.2 and later want it beside the former for accounts that do not exist. */
const absentPrivileges = ['SUPER', 'SET_USER_ID', 'ALLOW_NONEXISTENT_DEFINER'] as const;

async function checkDefiners(
  context: Context,
  backup: Backup,
  session: Session,
  wayBack: boolean,
): Promise<void> {
  const { definers } = backup.manifest.database;
  const user = await currentUser(session);
  const others = definers.filter((definer) => nameOf(definer) !== user);
  if (others.length === 0) return;
  // Only what is granted on everything counts: no database has an empty name.
  const grants = await readGrants(session, '');
  const { flavour } = session.server;
  const facts = { user, flavour, wayBack };
  if (!allows(grants, ...definerPrivileges))
    throw refused('definers-not-allowed', { ...facts, definers: others.map(nameOf), absent: false });
  const known = await accountsOf(session);
  const absent = known === undefined ? [] : others.map(nameOf).filter((name) => !known.has(name));
  if (absent.length === 0) return;
  if (traits.absentDefinerNeedsGrant[flavour] && !allows(grants, ...absentPrivileges))
    throw refused('definers-not-allowed', { ...facts, definers: absent, absent: true });
  warn(context, 'definers-absent', { definers: absent });
}

/** The accounts of a server; undefined where this user may not see them. */
async function accountsOf(session: Session): Promise<ReadonlySet<string> | undefined> {
  try {
    const rows = await session.rows('SELECT User AS user, Host AS host FROM mysql.user');
    return new Set(rows.map(({ user, host }) => nameOf({ user: String(user), host: String(host) })));
  } catch {
    return undefined;
  }
}

const nameOf = ({ user, host }: DatabaseAccount): string => (host === '' ? user : `${user}@${host}`);
