import { quoteName } from '../../scripts/database/quote.ts';
import type { Session } from '../../scripts/database/session.ts';

/** What one row of a table is made of, and how large it is in a dump. */
interface Shape {
  readonly name: string;
  readonly columns: string;
  /** SQL expressions of `n`, the number of the row. */
  readonly values: string;
  readonly rowBytes: number;
  /** Its share of the whole. */
  readonly share: number;
}

const noise = (seed: number, salt: string): string => `SHA2(CONCAT(n, '${salt}', ${seed}), 256)`;

const shapes = (seed: number): readonly Shape[] => [
  {
    name: 'users',
    columns: 'id INT PRIMARY KEY, name VARCHAR(80), email VARCHAR(120), born DATE, KEY (email)',
    values: `n, CONCAT('Zoé ', LEFT(${noise(seed, 'a')}, 20)), CONCAT(LEFT(${noise(seed, 'b')}, 16), '@example.org'), DATE_ADD('1960-01-01', INTERVAL n % 20000 DAY)`,
    rowBytes: 85,
    share: 0.2,
  },
  {
    name: 'entries',
    columns:
      'id INT PRIMARY KEY, user_id INT, started DATETIME, minutes INT, rate DECIMAL(10,4), note TEXT, KEY (user_id)',
    values: `n, n % 9973, DATE_ADD('2020-01-01', INTERVAL n MINUTE), n % 480, n / 7, CONCAT('worked on ', ${noise(seed, 'c')}, ' and then "on" ', ${noise(seed, 'd')})`,
    rowBytes: 215,
    share: 0.5,
  },
  {
    name: 'documents',
    columns: 'id INT PRIMARY KEY, body MEDIUMTEXT, digest BINARY(32)',
    values: `n, REPEAT(CONCAT(${noise(seed, 'e')}, ' lorem ipsum dolor sit amet\\n'), 40), UNHEX(${noise(seed, 'f')})`,
    rowBytes: 3800,
    share: 0.3,
  },
];

const batch = 20_000;

/** Fills a database with about so many megabytes of SQL, the same for the same seed. */
export async function fillDatabase(session: Session, megabytes: number, seed: number): Promise<void> {
  await session.run('CREATE TABLE numbers (n INT PRIMARY KEY)');
  await session.run('INSERT INTO numbers VALUES (0)');
  for (let size = 1; size < batch; size *= 2)
    await session.run(`INSERT INTO numbers SELECT n + ${size} FROM numbers WHERE n + ${size} < ${batch}`);
  for (const shape of shapes(seed)) {
    const rows = Math.ceil((megabytes * 1_000_000 * shape.share) / shape.rowBytes);
    await session.run(`CREATE TABLE ${quoteName(shape.name)} (${shape.columns})`);
    for (let from = 0; from < rows; from += batch) {
      const count = Math.min(batch, rows - from);
      await session.run(
        `INSERT INTO ${quoteName(shape.name)} SELECT ${shape.values} FROM (SELECT n + ${from} AS n FROM numbers WHERE n < ${count}) AS s`,
      );
    }
  }
  await session.run('DROP TABLE numbers');
}
