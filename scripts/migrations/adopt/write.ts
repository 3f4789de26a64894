import { isDeepStrictEqual } from 'node:util';
import { inStep, type Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import { sqlErrorOf, withSession, type Session } from '../../database/session/session.ts';
import type { Target } from '../../database/session/target.ts';
import type { StatementProgress } from '../../sql/statement.ts';
import { appliedRow, type LedgerRow } from '../ledger/columns.ts';
import { sqlTime, LedgerWriteError } from '../ledger/ledger-write.ts';
import { fillLedger } from '../ledger/make-ledger.ts';
import type { Migration } from '../migration.ts';
import { withMigrationLock } from '../run/lock.ts';
import type { ForeignLedger } from './entries.ts';
import type { Adopted } from './plan.ts';
import { prepareAdoption, type PreparedAdoption, type Wish } from './read.ts';
import { backupTable, type AdoptionSource } from './source.ts';

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
  shown: PreparedAdoption,
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
  { table, makesRoom, ...ground }: AdoptionSource,
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

/**
 * The rows of our ledger for what is adopted. Times are UTC: Flyway's, and any that the server itself wrote into a
 * TIMESTAMP, are moments. A DATETIME, and what Phinx writes, is local time of a program whose time zone nobody has
 * recorded: then the row has the present, and the text goes into its note. Laravel, dbmate and golang-migrate keep none.
 * Pure.
 */
export function ledgerRows(
  ledger: Pick<ForeignLedger, 'table' | 'program'>,
  adopted: readonly (Adopted & { readonly whole: StatementProgress })[],
  run: { readonly runId: string; readonly now: Date },
): LedgerRow[] {
  return adopted.map(({ migration, entry, whole }) => {
    const finished = entry?.finishedAt ?? run.now;
    const durationMs = entry?.finishedAt === undefined ? 0 : (entry.durationMs ?? 0);
    const raw = entry?.timeText;
    const by = entry?.by === undefined ? '' : ` as ${entry.by}`;
    return appliedRow(migration, whole, {
      startedAt: sqlTime(new Date(finished.getTime() - durationMs)),
      finishedAt: sqlTime(finished),
      durationMs,
      appliedBy: `${ledger.program}${by}, adopted by maj`.slice(0, 255),
      runId: run.runId,
      note: `adopted from ${ledger.table}${raw === undefined ? '' : `; applied at ${raw}, time zone unknown`}`,
    });
  });
}
