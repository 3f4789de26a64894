import type { VerbArguments, VerbResult } from '../../../scripts/cli/verb.ts';
import type { Context } from '../../../scripts/core/context.ts';
import { MajError } from '../../../scripts/core/errors.ts';
import { connect, withSession, type Row, type Session } from '../../../scripts/database/session/session.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { migrateVerb } from '../../../scripts/migrate.ts';
import { readDonePrefixes } from '../../../scripts/migrations/applied-statements.ts';
import type { LedgerRow } from '../../../scripts/migrations/ledger/columns.ts';
import { readLedger } from '../../../scripts/migrations/ledger/ledger.ts';
import { planMigrations, refuseProblems } from '../../../scripts/migrations/plan.ts';
import { refuseLocked } from '../../../scripts/migrations/run/lock.ts';
import { runMigrations, type MigrationRun } from '../../../scripts/migrations/run/runner.ts';
import { migrationsInFolder } from '../../helpers/migrations.ts';
import { verbArguments } from '../../helpers/verbs.ts';

/** What `maj migrate` does, without asking: reads the ledger, plans, runs. */
export async function migrate(
  context: Context,
  target: Target,
  texts: Readonly<Record<string, string>>,
): Promise<MigrationRun> {
  const migrations = await migrationsInFolder(texts);
  const plan = await withSession(context, target, async (session) => {
    await refuseLocked(session, target.database);
    const ledger = await readLedger(session);
    const reading = { sqlMode: context.config.DB_SQL_MODE, flavour: session.server.flavour };
    return planMigrations(migrations, ledger, await readDonePrefixes(migrations, ledger, reading));
  });
  refuseProblems(plan);
  return runMigrations(context, { target, migrations: plan.pending, runId: 'test', appliedBy: 'a test' });
}

/** `maj migrate …`, with every question answered by yes and kept. */
export function migrateCaller(context: Context): {
  readonly call: (
    words: readonly string[],
    options?: Parameters<typeof migrateVerb.run>[1]['options'],
  ) => Promise<VerbResult>;
  readonly questions: readonly string[];
} {
  const questions: string[] = [];
  const confirm: VerbArguments['confirm'] = (question) => {
    questions.push(typeof question === 'string' ? question : question(en));
    return Promise.resolve();
  };
  const call = (
    words: readonly string[],
    options: Parameters<typeof migrateVerb.run>[1]['options'] = {},
  ): Promise<VerbResult> => migrateVerb.run(context, verbArguments(words, options, confirm));
  return { call, questions };
}

/** A database as a test looks at it. */
export interface Eyes {
  readonly session: Session;
  ledger(): Promise<LedgerRow[]>;
  /** The rows, as text. */
  rows(sql: string): Promise<string>;
}

export async function look(context: Context, target: Target): Promise<Eyes> {
  const session = await connect(context, target);
  return {
    session,
    ledger: () => readLedger(session),
    rows: async (sql) =>
      (await session.rows(sql)).map((row: Row) => Object.values(row).map(String).join(',')).join(' '),
  };
}

/** The error of ours that a piece of work ends with, as a user sees it. */
export async function failureOf(
  work: Promise<unknown>,
): Promise<{ code: string; exitCode: number; message: string; hint: string; state: string }> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof MajError)) throw error;
    return { code: error.code, exitCode: error.exitCode, ...describeError(error, en) };
  }
  throw new Error('It was expected to fail.');
}
