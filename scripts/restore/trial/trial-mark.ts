import { join } from 'node:path';
import * as v from 'valibot';
import { stateDir } from '../../config/required-settings.ts';
import type { Context } from '../../core/context.ts';
import { MajError } from '../../core/errors.ts';
import { withSession, type Session } from '../../database/session/session.ts';
import { addressText, targetFromConfig, type Target } from '../../database/session/target.ts';
import { quoteName } from '../../sql/quote.ts';
import { makePrivateFolder, readIfThere, remove, writeDurably } from '../../system/files.ts';
import { trialPrefix } from './trial-statements.ts';

/** A trial that may have left something in a database. */
const markSchema = v.object({ database: v.string(), address: v.string() });

const markPath = (context: Pick<Context, 'projectDir'>): string =>
  join(stateDir(context), 'trial-unfinished.json');

/**
 * Does a trial in a database without objects of an earlier one, and drops those that it made. A mark stays until then:
 * where the trial is killed, the next command knows of it.
 */
export async function underTrialMark<T>(
  context: Context,
  target: Target,
  work: () => Promise<T>,
): Promise<T> {
  const mark = { database: target.database, address: addressText(target) };
  // On the way back no disk that is full may stop it: then a trial that is killed stays until the next one.
  await makePrivateFolder(stateDir(context))
    .then(() => writeDurably(markPath(context), JSON.stringify(mark)))
    .catch(() => undefined);
  const clean = (): Promise<void> => dropTrialObjects(context, target);
  await clean();
  try {
    return await work();
  } finally {
    await clean();
    await remove(markPath(context));
  }
}

/** Drops what a trial that was killed has left, where the settings still lead to its database. */
export async function endUnfinishedTrial(context: Context): Promise<void> {
  const text = await readIfThere(markPath(context));
  if (text === undefined) return;
  const mark = v.safeParse(v.pipe(v.string(), v.parseJson(), markSchema), text);
  const { DB_NAME, DB_USER } = context.config;
  if (!mark.success || DB_NAME === undefined || DB_USER === undefined) return;
  const target = targetFromConfig(context);
  if (mark.output.database !== target.database || mark.output.address !== addressText(target)) return;
  try {
    await dropTrialObjects(context, target);
    await remove(markPath(context));
  } catch (error) {
    // A database that cannot be reached: whoever needs it says so.
    if (!(error instanceof MajError)) throw error;
  }
}

const lockWaitSeconds = 20;

/** Drops everything in a database that has a name of the trial's. */
async function dropTrialObjects(context: Context, target: Target): Promise<void> {
  await withSession(
    context,
    target,
    async (session) => {
      await session.run('SET foreign_key_checks = 0');
      for (const statement of await dropsOf(session, target.database)) await session.run(statement);
    },
    { lockWaitSeconds },
  );
}

/** `_` stands for any character in a pattern of LIKE. */
const pattern = `${trialPrefix.replaceAll('_', String.raw`\_`)}%`;

async function dropsOf(session: Session, database: string): Promise<string[]> {
  const found = await session.rows(
    `SELECT 'EVENT' AS kind, EVENT_NAME AS name FROM information_schema.EVENTS
       WHERE EVENT_SCHEMA = ? AND EVENT_NAME LIKE ?
     UNION ALL SELECT CASE TABLE_TYPE WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' END, TABLE_NAME
       FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE ?
     UNION ALL SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES
       WHERE ROUTINE_SCHEMA = ? AND ROUTINE_NAME LIKE ?`,
    [database, pattern, database, pattern, database, pattern],
  );
  // A view first, a sequence last: a column's default may use it.
  const order = ['EVENT', 'VIEW', 'TABLE', 'SEQUENCE'];
  const rank = (kind: unknown): number => (order.indexOf(String(kind)) + order.length) % order.length;
  return found
    .toSorted((a, b) => rank(a['kind']) - rank(b['kind']))
    .map(({ kind, name }) => `DROP ${String(kind)} IF EXISTS ${quoteName(String(name))}`);
}
