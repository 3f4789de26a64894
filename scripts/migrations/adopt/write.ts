import { isDeepStrictEqual } from 'node:util';
import { inStep, type Context } from '../../context.ts';
import { quoteName } from '../../database/quote.ts';
import { sqlErrorOf, withSession, type Session } from '../../database/session.ts';
import type { Target } from '../../database/target.ts';
import { refused } from '../../errors.ts';
import type { Migration } from '../folder.ts';
import { sqlText } from '../ledger-entry.ts';
import { createLedger, ensureLedger, ledgerTable, type LedgerRow } from '../ledger.ts';
import { withMigrationLock } from '../lock.ts';
import { prepareAdoption, type Prepared, type Wish } from './read.ts';
import { ledgerRows } from './rows.ts';
import { backupTable, draftTable, type Source } from './source.ts';

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
      await inStep(context, 'write-adoption', facts, () => writeOrTell(session, now.source, rows));
    }),
  );
}

/** Nothing counts before the last statement; whether that was done is unknown only where the connection was lost. */
async function writeOrTell(session: Session, source: Source, rows: readonly LedgerRow[]): Promise<void> {
  try {
    await write(session, source, rows);
  } catch (error) {
    const reason = sqlErrorOf(error);
    if (reason === undefined) throw error;
    throw refused(
      'adopt-failed',
      { table: source.table.name, reason: reason.message, lost: reason.errno === undefined },
      { cause: error },
    );
  }
}

async function write(session: Session, source: Source, rows: readonly LedgerRow[]): Promise<void> {
  // The application may hold the old table open in a transaction: better to be told than to wait for hours.
  await session.run('SET SESSION lock_wait_timeout = 10');
  if (source.ledgerThere) {
    await ensureLedger(session);
    await insertAll(session, ledgerTable, rows);
    return;
  }
  if (source.draftThere) await session.run(`DROP TABLE ${draftTable}`);
  await createLedger(session, draftTable);
  await insertAll(session, draftTable, rows);
  // One statement: there is no moment at which the name is free for another program to take.
  const room = source.makesRoom ? `${quoteName(source.table.name)} TO ${backupTable}, ` : '';
  await session.run(`RENAME TABLE ${room}${draftTable} TO ${ledgerTable}`);
}

async function insertAll(session: Session, table: string, rows: readonly LedgerRow[]): Promise<void> {
  await session.run('START TRANSACTION');
  for (const row of rows) {
    await session.run(
      `INSERT INTO ${table} SET version = '${row.version}', name = ${sqlText(row.name)}, checksum = '${row.checksum}',
       state = '${row.state}', statements = ${row.statements}, statements_done = ${row.statementsDone},
       done_hash = '${row.doneHash}', started_at = '${row.startedAt}', finished_at = '${row.finishedAt ?? row.startedAt}',
       duration_ms = ${row.durationMs ?? 0}, applied_by = ${sqlText(row.appliedBy)}, run_id = ${sqlText(row.runId)},
       note = ${sqlText(row.note ?? '')}`,
    );
  }
  await session.run('COMMIT');
}
