import { sqlTime } from '../ledger-write.ts';
import type { LedgerRow } from '../ledger.ts';
import type { Progress } from '../statement.ts';
import type { ForeignLedger } from './entries.ts';
import type { Adopted } from './plan.ts';

/**
 * The rows of our ledger for what is adopted. Times are UTC: Flyway's, and any that the server itself wrote into a
 * TIMESTAMP, are moments. A DATETIME, and what Phinx writes, is local time of a program whose time zone nobody has
 * recorded: then the row has the present, and the text goes into its note. Laravel, dbmate and golang-migrate keep none.
 * Pure.
 */
export function ledgerRows(
  ledger: Pick<ForeignLedger, 'table' | 'program'>,
  adopted: readonly (Adopted & { readonly whole: Progress })[],
  run: { readonly runId: string; readonly now: Date },
): LedgerRow[] {
  return adopted.map(({ migration, entry, whole }) => {
    const finished = entry?.finishedAt ?? run.now;
    const durationMs = entry?.finishedAt === undefined ? 0 : (entry.durationMs ?? 0);
    const raw = entry?.timeText;
    const by = entry?.by === undefined ? '' : ` as ${entry.by}`;
    return {
      version: migration.version,
      name: migration.name,
      checksum: migration.checksum,
      state: 'applied',
      statements: whole.done,
      statementsDone: whole.done,
      doneHash: whole.hash,
      inFlight: undefined,
      connectionId: undefined,
      error: undefined,
      startedAt: sqlTime(new Date(finished.getTime() - durationMs)),
      finishedAt: sqlTime(finished),
      durationMs,
      appliedBy: `${ledger.program}${by}, adopted by maj`.slice(0, 255),
      runId: run.runId,
      accepted: [],
      note: `adopted from ${ledger.table}${raw === undefined ? '' : `; applied at ${raw}, time zone unknown`}`,
    };
  });
}
