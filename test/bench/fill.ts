import type { Session } from '../../scripts/database/session/session.ts';
import { quoteName } from '../../scripts/sql/quote.ts';
import { benchTables, changedTable, type BenchTable } from './tables.ts';

/** Rows that are made by one statement. */
const batch = 20_000;
const numbersTable = 'bench_numbers';

/** Fills an empty database with about so many bytes of SQL text, the same for the same seed. */
export async function fillDatabase(session: Session, totalBytes: number, seed: number): Promise<void> {
  await makeNumbers(session);
  const tables = benchTables(seed, totalBytes);
  for (const table of tables) await fillTable(session, table, table.rows(totalBytes));
  // Indexes after the rows: the data is there sooner, and is the same.
  for (const { name, keys } of tables)
    await session.run(
      `ALTER TABLE ${quoteName(name)} ${keys.map((key) => `ADD ${key.replace(/^KEY/, 'INDEX')}`).join(', ')}`,
    );
  await session.run(`DROP TABLE ${numbersTable}`);
}

/** Changes every row of one table, as a migration that goes wrong would. */
export const changeSettings: readonly string[] = [
  `UPDATE ${quoteName(changedTable.name)} SET value = CONCAT('changed ', value)`,
];

async function makeNumbers(session: Session): Promise<void> {
  await session.run(`CREATE TABLE ${numbersTable} (n INT PRIMARY KEY)`);
  await session.run(`INSERT INTO ${numbersTable} VALUES (0)`);
  for (let size = 1; size < batch; size *= 2)
    await session.run(
      `INSERT INTO ${numbersTable} SELECT n + ${size} FROM ${numbersTable} WHERE n + ${size} < ${batch}`,
    );
}

async function fillTable(session: Session, table: BenchTable, rows: number): Promise<void> {
  await session.run(`CREATE TABLE ${quoteName(table.name)} (${table.columns}) DEFAULT CHARSET = utf8mb4`);
  for (let from = 0; from < rows; from += batch) {
    const count = Math.min(batch, rows - from);
    const numbers = `(SELECT n + ${from} AS n FROM ${numbersTable} WHERE n < ${count} ORDER BY n) AS numbered`;
    await session.run(
      `INSERT INTO ${quoteName(table.name)} SELECT ${table.values.join(', ')} FROM ${numbers}`,
    );
  }
}
