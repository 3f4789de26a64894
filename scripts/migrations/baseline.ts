import { inStep, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { withSession, type Session } from '../database/session/session.ts';
import type { Target } from '../database/session/target.ts';
import type { Flavour } from '../sql/flavour.ts';
import { noProgress, progressAfter, type StatementProgress } from '../sql/statement.ts';
import { appliedRow, type LedgerRow } from './ledger/columns.ts';
import { sqlTime, type Runner } from './ledger/ledger-write.ts';
import { isLedgerThere, readLedger } from './ledger/ledger.ts';
import { fillLedger, isDraftThere, orTell } from './ledger/make-ledger.ts';
import type { Migration } from './migration.ts';
import { withMigrationLock } from './run/lock.ts';
import { statementsOf } from './run/script.ts';
import { compareScriptVersions, isSameScriptVersion, isScriptVersion } from './script-names.ts';

/**
 * Refuses a database that has tables but no ledger: nothing tells which scripts it has already been through, and
 * running all of them would at best fail at the first.
 *
 * @throws MajError `history-unknown`
 */
export async function refuseUnknownHistory(session: Session, database: string): Promise<void> {
  if (await isLedgerThere(session)) return;
  const [row] = await session.rows(
    'SELECT COUNT(*) AS found FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [database],
  );
  const tables = Number(row?.['found']);
  if (tables > 0) throw refused('history-unknown', { database, tables });
}

/**
 * The scripts that a baseline takes for applied: those up to a version; 0 takes none.
 *
 * @param folder where they are
 * @throws MajError `baseline-version`
 */
export function baselineScripts(
  migrations: readonly Migration[],
  version: string,
  folder: string,
): Migration[] {
  const known = ['0', ...migrations.map((one) => one.version)];
  if (!isScriptVersion(version) || !known.some((one) => isSameScriptVersion(one, version)))
    throw refused('baseline-version', { version, folder, versions: migrations.map((one) => one.version) });
  return migrations.filter((one) => compareScriptVersions(one.version, version) <= 0);
}

/**
 * Writes into the ledger that scripts were applied before there was one. None of them runs.
 *
 * @throws MajError `baseline-not-empty` when the ledger already holds something; `ledger-not-written`
 */
export async function writeBaseline(
  context: Context,
  target: Target,
  scripts: readonly Migration[],
  runner: Runner,
): Promise<void> {
  const { database } = target;
  await withMigrationLock(context, target, () =>
    withSession(context, target, async (session) => {
      if ((await readLedger(session)).length > 0) throw refused('baseline-not-empty', { database });
      const ground = {
        ledgerThere: await isLedgerThere(session),
        draftThere: await isDraftThere(session),
      };
      await inStep(context, 'write-baseline', { database, scripts: scripts.length }, async () => {
        const rows: LedgerRow[] = [];
        for (const script of scripts) {
          const whole = await wholeOf(script, context.config.DB_SQL_MODE, session.server.flavour);
          const now = sqlTime(context.clock.now());
          const times = { startedAt: now, finishedAt: now, durationMs: 0 };
          rows.push(appliedRow(script, whole, { ...times, ...runner, note: undefined }));
        }
        await orTell(() => fillLedger(session, database, ground, rows));
      });
    }),
  );
}

/** All statements of a script, as done. */
export async function wholeOf(
  script: Migration,
  sqlMode: string | undefined,
  flavour: Flavour,
): Promise<StatementProgress> {
  let progress = noProgress;
  for await (const statement of statementsOf(script, { sqlMode, flavour }))
    progress = progressAfter(progress, statement);
  return progress;
}
