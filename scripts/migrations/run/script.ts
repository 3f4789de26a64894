import type { Session } from '../../database/session/session.ts';
import { splitStream } from '../../sql/splitter.ts';
import type { Statement } from '../../sql/statement.ts';
import { statementsAfter } from '../after-each.ts';
import { createDatabaseGuard } from '../checks/check.ts';
import { refuseDownSection } from '../down-section.ts';
import type { Migration, PendingMigration, ScriptReading } from '../migration.ts';
import { createStepPlanner, refuseDependent, type Step } from './transaction-plan.ts';

/** What a script meets where it runs. */
export interface Scene extends ScriptReading {
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
  /** What it leaves behind in its session is nothing. */
  readonly leavesNothing: boolean;
  /** How its statements are run, in order. */
  readonly steps: () => AsyncGenerator<Step, void, undefined>;
}

/** The statements of a script as they are read, and behind them those of MIGRATIONS_AFTER_EACH. */
export async function* statementsOf(
  { file, open, after }: Pick<Migration, 'file' | 'open' | 'after'>,
  reading: ScriptReading,
): AsyncGenerator<Statement, void, undefined> {
  let last: Statement | undefined;
  for await (const statement of splitStream(open(), { file, ...reading })) {
    last = statement;
    yield statement;
  }
  yield* statementsAfter(after, last, reading);
}

/**
 * Reads a script to its end and checks what can be checked before it runs.
 *
 * @throws MajError `migration-script`, `migration-way-back`, `migration-needs-previous`, `migration-transaction-open`,
 *   `migration-other-database`
 */
export async function prepareScript(migration: PendingMigration, scene: Scene): Promise<Script> {
  const { file } = migration;
  const { transactionalTables } = scene;
  await refuseDownSection(migration);
  const planner = createStepPlanner({ file, transactional: transactionalTables });
  const refuseOtherDatabase = createDatabaseGuard(file, scene);
  let statements = 0;
  let transactional = transactionalTables;
  let leavesNothing = true;
  for await (const statement of statementsOf(migration, scene)) {
    refuseDependent(statement, file);
    refuseOtherDatabase(statement);
    planner.next(statement);
    statements += 1;
    leavesNothing &&= leavesSessionAlone(statement);
    if (!insertsRows.test(statement.text) && otherEngine.test(statement.text)) transactional = false;
  }
  planner.end();
  const steps = async function* (): AsyncGenerator<Step, void, undefined> {
    const again = createStepPlanner({ file, transactional });
    for await (const statement of statementsOf(migration, scene)) yield again.next(statement);
  };
  return { migration, statements, transactional, leavesNothing, steps };
}

/** What a row holds is no definition; anything else may become one (PREPARE). */
const insertsRows = /^\s*(?:insert|replace)\b/i;
const otherEngine = /\bengine\s*=?\s*[`'"]?(?!innodb\b)[a-z]/i;

const definesTable =
  /^\s*(?:(?:create|alter|drop|rename)\s+table|create\s+(?:unique\s+|fulltext\s+|spatial\s+)?index|drop\s+index)\b/i;
/** A variable, a query with one in a name or a function, a part that only some servers read. */
const mayDoMore = /@|\bselect\b|\/\*/i;

/**
 * Whether a session is after this statement as it was before, as far as a script can tell: no variable, temporary table,
 * lock, mode or LAST_INSERT_ID() is another. Sure of definitions of tables only, which is what most scripts are. Pure.
 */
export const leavesSessionAlone = ({ kind, text }: Pick<Statement, 'kind' | 'text'>): boolean =>
  kind === 'alone' && definesTable.test(text) && !mayDoMore.test(text);

/** Whether every table of the database that the session is in takes part in transactions. */
export async function areTransactional(session: Session): Promise<boolean> {
  const [row] = await session.rows(
    `SELECT COUNT(*) AS others FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND COALESCE(ENGINE, '') <> 'InnoDB'`,
  );
  return Number(row?.['others']) === 0;
}
