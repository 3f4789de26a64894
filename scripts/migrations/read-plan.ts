import type { Context } from '../core/context.ts';
import { withSession } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { readDonePrefixes } from './applied-statements.ts';
import { refuseUnknownHistory } from './baseline.ts';
import { createDatabaseGuard } from './checks/check.ts';
import { refuseDownSection } from './down-section.ts';
import { readMigrations } from './folder.ts';
import { readLedger } from './ledger/ledger.ts';
import type { Migration } from './migration.ts';
import { planMigrations, type MigrationPlan } from './plan.ts';
import { refuseLocked } from './run/lock.ts';
import { serverSqlMode } from './run/runner.ts';
import { statementsOf } from './run/script.ts';
import { migrationsFolder, type Wanted } from './scripts-folder.ts';

/** Where the live database stands. */
export interface LivePlan {
  readonly folder: string;
  readonly migrations: readonly Migration[];
  readonly plan: MigrationPlan;
}

/**
 * Reads the scripts and the live database's ledger.
 *
 * @param options `refuseLocked`: not while another run migrates, and is writing what would be read; see `Wanted`
 *   for the others
 * @throws MajError `migrations-locked` (exit code 5), and what reading either can throw
 */
export async function readPlan(
  context: Context,
  options: { readonly refuseLocked?: boolean } & Wanted = {},
): Promise<LivePlan> {
  const folder = await migrationsFolder(context, options);
  const migrations = await readMigrations(folder, context.config);
  const refuseUnknown = options.stagedDir !== undefined;
  return { folder, migrations, plan: await planLive(context, migrations, { ...options, refuseUnknown }) };
}

/**
 * Compares scripts that were read already with the live database's ledger as it is now.
 *
 * @param options `refuseReaching`: not where a script that is to run reaches beyond its database, or holds its own way back: whoever is going to run
 *   it on a copy, or live, need not begin; `refuseUnknown`: not where there are tables and no ledger
 * @throws MajError `migrations-locked` (exit code 5), what `createDatabaseGuard`, `refuseDownSection` and `refuseUnknownHistory` throw, and what reading the ledger can
 *   throw
 */
export function planLive(
  context: Context,
  migrations: readonly Migration[],
  options: {
    readonly refuseLocked?: boolean;
    readonly refuseReaching?: boolean;
    readonly refuseUnknown?: boolean;
  } = {},
): Promise<MigrationPlan> {
  const target = targetFromConfig(context);
  return withSession(context, target, async (session) => {
    if (options.refuseLocked === true) await refuseLocked(session, target.database);
    const sqlMode = context.config.DB_SQL_MODE ?? (await serverSqlMode(context, target));
    const ledger = await readLedger(session);
    const reading = { sqlMode, flavour: session.server.flavour };
    const plan = planMigrations(migrations, ledger, await readDonePrefixes(migrations, ledger, reading));
    if (options.refuseReaching === true)
      for (const migration of plan.pending) {
        await refuseDownSection(migration);
        const guard = createDatabaseGuard(migration.file, { database: target.database, sqlMode });
        for await (const statement of statementsOf(migration, reading)) guard(statement);
      }
    if (options.refuseUnknown === true && plan.pending.length > 0)
      await refuseUnknownHistory(session, target.database);
    return plan;
  });
}
