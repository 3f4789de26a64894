import { isDeepStrictEqual } from 'node:util';
import { inStep, type Context } from '../../context.ts';
import { sqlErrorOf, withSession, type Session } from '../../database/session.ts';
import type { Target } from '../../database/target.ts';
import { refused } from '../../errors.ts';
import type { Migration } from '../folder.ts';
import { LedgerWriteError } from '../ledger-write.ts';
import type { LedgerRow } from '../ledger.ts';
import { withMigrationLock } from '../lock.ts';
import { fillLedger } from '../make-ledger.ts';
import { prepareAdoption, type Prepared, type Wish } from './read.ts';
import { ledgerRows } from './rows.ts';
import { backupTable, type Source } from './source.ts';

/**
 * Writes our ledger from what another program recorded. That program's table keeps all that is in it; it gets another
 * name where ours needs its name. At any moment there is either the old state or the new one.
 *
 * @param shown what the user has agreed to
 * @throws MajError `adopt-moved` when the database says something else by now; `migrations-locked`
 */
export async function writeAdoption(
  context: Context,
  target: Target,
  migrations: readonly Migration[],
  wish: Wish,
  shown: Prepared,
  runId: string,
): Promise<void> {
  await withMigrationLock(context, target, () =>
    withSession(context, target, async (session) => {
      const now = await prepareAdoption(context, session, migrations, wish);
      if (!isDeepStrictEqual([now.source, now.ledger], [shown.source, shown.ledger]))
        throw refused('adopt-moved', { table: now.ledger.table });
      const rows = ledgerRows(now.ledger, now.adopted, { runId, now: context.clock.now() });
      const facts = { database: target.database, table: now.ledger.table, scripts: rows.length };
      await inStep(context, 'write-adoption', facts, () =>
        writeOrTell(session, target.database, now.source, rows),
      );
    }),
  );
}

/** Nothing counts before the last statement; whether that was done is unknown only where the connection was lost. */
async function writeOrTell(
  session: Session,
  database: string,
  { table, makesRoom, ...ground }: Source,
  rows: readonly LedgerRow[],
): Promise<void> {
  const room = makesRoom ? { table: table.name, to: backupTable } : undefined;
  try {
    await fillLedger(session, database, { ...ground, room }, rows);
  } catch (error) {
    const reason = sqlErrorOf(error instanceof LedgerWriteError ? error.cause : error);
    if (reason === undefined) throw error;
    throw refused(
      'adopt-failed',
      { table: table.name, reason: reason.message, lost: reason.errno === undefined },
      { cause: error },
    );
  }
}
