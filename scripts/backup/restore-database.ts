import { inStep, type Context } from '../context.ts';
import { dropAllObjects } from '../database/clear.ts';
import { findClients, type Clients } from '../database/clients.ts';
import { loadSql } from '../database/load.ts';
import { allows, readGrants } from '../database/grants.ts';
import { quoteName } from '../database/quote.ts';
import { withSession, type Session } from '../database/session.ts';
import type { Target } from '../database/target.ts';
import { notRolledBack, reasonOf, refused } from '../errors.ts';
import { codecNamed } from './codec.ts';
import { checkFlavour, compareWithDatabase } from './compare.ts';
import type { Backup } from './list.ts';
import { readDump } from './read-dump.ts';

/**
 * Puts a database back: drops everything in it, loads the backup, and compares the result with the backup. What was
 * cut off half-way is simply run again. Verify the backup before.
 *
 * @throws MajError before anything was changed: `database-missing`, `flavour-differs`, `codec-missing`; after:
 *   `restore-failed`, `restore-differs` (exit code 11)
 */
export async function restoreDatabase(context: Context, backup: Backup, target: Target): Promise<void> {
  const clients = await checkRestorable(context, backup, target);
  const { charset, collation, server } = backup.manifest.database;
  const differences = await unlessFailing(backup, async () => {
    await inStep(context, 'clear-database', { database: target.database }, () =>
      withSession(context, target, async (session) => {
        await dropAllObjects(session, target.database);
        await session.run(
          `ALTER DATABASE ${quoteName(target.database)} CHARACTER SET ${quoteName(charset)} COLLATE ${quoteName(collation)}`,
        );
      }),
    );
    await inStep(context, 'load-backup', { id: backup.id, server: server.text }, (progress) =>
      loadSql(context, clients, target, readDump(context, backup, progress)),
    );
    return compareWithDatabase(context, backup, target);
  });
  if (differences.length > 0)
    throw notRolledBack('restore-differs', { id: backup.id, database: target.database, differences });
}

/**
 * Checks what can be checked before anything is dropped.
 *
 * @throws MajError `database-missing`, `clients-missing`, `flavour-differs`, `codec-missing`, `definers-not-allowed`
 */
export async function checkRestorable(context: Context, backup: Backup, target: Target): Promise<Clients> {
  await codecNamed(context, backup.manifest.codec);
  const server = await withSession(context, target, async (session) => {
    checkFlavour(backup, session.server);
    await checkDefiners(backup, session);
    return session.server;
  });
  return findClients(context, server.flavour);
}

/** What lets a user create objects that run as another; without it the load would stop in the middle (error 1227). */
const definerPrivileges = ['SUPER', 'SET USER', 'SET_USER_ID', 'SET_ANY_DEFINER'] as const;

async function checkDefiners(backup: Backup, session: Session): Promise<void> {
  const [row] = await session.rows('SELECT CURRENT_USER() AS user');
  const user = String(row?.['user']);
  const others = backup.manifest.database.definers
    .map((definer) => (definer.host === '' ? definer.user : `${definer.user}@${definer.host}`))
    .filter((definer) => definer !== user);
  // Only what is granted on everything counts: no database has an empty name.
  if (others.length > 0 && !allows(await readGrants(session, ''), ...definerPrivileges))
    throw refused('definers-not-allowed', { user, definers: others, flavour: session.server.flavour });
}

/** From here on a failure leaves the database half restored: whatever it is, that must be said. */
async function unlessFailing<T>(backup: Backup, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const facts = { id: backup.id, database: backup.manifest.database.name, reason: reasonOf(error) };
    throw notRolledBack('restore-failed', facts, { cause: error });
  }
}
