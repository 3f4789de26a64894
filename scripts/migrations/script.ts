import type { Flavour } from '../database/flavour.ts';
import type { Session } from '../database/session.ts';
import { createDatabaseGuard } from './checks/check.ts';
import { createStepPlanner, refuseDependent, type Step } from './flow.ts';
import type { Migration } from './folder.ts';
import type { PendingMigration } from './plan.ts';
import { splitStream } from './splitter.ts';
import type { Statement } from './statement.ts';

/** How the scripts of a run are read. */
export interface Reading {
  /** The sql_mode that every script starts in. */
  readonly sqlMode: string | undefined;
  /** Whose client decides where the two differ; undefined: what both agree on. */
  readonly flavour: Flavour | undefined;
}

/** What a script meets where it runs. */
export interface Scene extends Reading {
  /** The one that it runs in. */
  readonly database: string;
  /** False when the database has tables that take no part in transactions. */
  readonly transactionalTables: boolean;
}

/** One script, ready to run: it is read again as it runs, so that its size does not matter. */
export interface Script {
  readonly migration: PendingMigration;
  readonly statements: number;
  /** All tables that it may meet take part in transactions. */
  readonly transactional: boolean;
  /** How its statements are run, in order. */
  readonly steps: () => AsyncGenerator<Step, void, undefined>;
}

/** The statements of a script, as they are read. */
export const statementsOf = (
  migration: Pick<Migration, 'file' | 'open'>,
  { sqlMode, flavour }: Reading,
): AsyncGenerator<Statement, void, undefined> =>
  splitStream(migration.open(), { file: migration.file, sqlMode, flavour });

/**
 * Reads a script to its end and checks what can be checked before it runs.
 *
 * @throws MajError `migration-script`, `migration-needs-previous`, `migration-transaction-open`,
 *   `migration-other-database`
 */
export async function prepareScript(migration: PendingMigration, scene: Scene): Promise<Script> {
  const { file } = migration;
  const { transactionalTables } = scene;
  const planner = createStepPlanner({ file, transactional: transactionalTables });
  const refuseOtherDatabase = createDatabaseGuard(file, scene);
  let statements = 0;
  let transactional = transactionalTables;
  for await (const statement of statementsOf(migration, scene)) {
    refuseDependent(statement, file);
    refuseOtherDatabase(statement);
    planner.next(statement);
    statements += 1;
    if (!insertsRows.test(statement.text) && otherEngine.test(statement.text)) transactional = false;
  }
  planner.end();
  const steps = async function* (): AsyncGenerator<Step, void, undefined> {
    const again = createStepPlanner({ file, transactional });
    for await (const statement of statementsOf(migration, scene)) yield again.next(statement);
  };
  return { migration, statements, transactional, steps };
}

/** What a row holds is no definition; anything else may become one (PREPARE). */
const insertsRows = /^\s*(?:insert|replace)\b/i;
const otherEngine = /\bengine\s*=?\s*[`'"]?(?!innodb\b)[a-z]/i;

/** Whether every table of the database that the session is in takes part in transactions. */
export async function areTransactional(session: Session): Promise<boolean> {
  const [row] = await session.rows(
    `SELECT COUNT(*) AS others FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND COALESCE(ENGINE, '') <> 'InnoDB'`,
  );
  return Number(row?.['others']) === 0;
}
