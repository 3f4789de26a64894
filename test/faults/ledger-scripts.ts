/** A statement, and a question that has an answer once it took effect. */
interface Traced {
  readonly sql: string;
  readonly seen?: string;
}

/** A script for each kind of statement and of transaction that a write of the ledger stands beside; see `flow.ts`. */
export interface KindOfScript {
  readonly name: string;
  readonly statements: readonly Traced[];
}

const logged = (n: number): string => `SELECT 1 FROM app.log WHERE n = ${n}`;
const row = (n: number): Traced => ({ sql: `INSERT INTO log VALUES (${n})`, seen: logged(n) });
const made = (name: string): string =>
  `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'app' AND TABLE_NAME = '${name}'`;
const table = (name: string): Traced => ({ sql: `CREATE TABLE ${name} (id INT)`, seen: made(name) });
const call = (n: number): Traced => ({ sql: `CALL note(${n})`, seen: logged(n) });
const plain = (sql: string): Traced => ({ sql });

/** A row in each statement, so that one that is run twice shows. */
export const kindsOfScripts: readonly KindOfScript[] = [
  { name: 'definitions', statements: [table('a1'), plain('SET @x = 1'), table('a2')] },
  {
    name: 'swap',
    statements: [
      {
        sql: 'RENAME TABLE today TO spare, tomorrow TO today, spare TO tomorrow',
        seen: "SELECT 1 FROM app.today WHERE what = 'new'",
      },
      row(1),
    ],
  },
  { name: 'rows', statements: [row(10), row(11), table('b1'), row(12)] },
  { name: 'calls', statements: [call(20), call(21), row(22), call(23)] },
  { name: 'transaction', statements: [plain('BEGIN'), row(30), row(31), plain('COMMIT'), table('c1')] },
  { name: 'transaction-ddl', statements: [plain('BEGIN'), row(40), table('d1'), row(41)] },
  { name: 'transaction-call', statements: [plain('BEGIN'), row(50), call(51), plain('COMMIT'), row(52)] },
  {
    name: 'transaction-commits-inside',
    statements: [
      plain('BEGIN'),
      row(55),
      { sql: 'CALL note_for_good(56)', seen: logged(56) },
      row(57),
      plain('COMMIT'),
    ],
  },
  { name: 'second-begin', statements: [plain('BEGIN'), row(60), plain('BEGIN'), row(61), plain('COMMIT')] },
  {
    name: 'autocommit-off',
    statements: [
      plain('SET autocommit = 0'),
      row(70),
      plain('COMMIT'),
      table('e1'),
      row(71),
      call(72),
      plain('COMMIT'),
      plain('SET autocommit = 1'),
    ],
  },
  {
    name: 'locked',
    statements: [plain('LOCK TABLES log WRITE'), row(80), row(81), plain('UNLOCK TABLES'), row(82)],
  },
  { name: 'nothing', statements: [] },
  { name: 'session-last', statements: [row(90), plain('SET @x = 2')] },
  {
    name: 'without-transactions',
    statements: [
      { sql: 'CREATE TABLE old (n INT) ENGINE=MyISAM', seen: made('old') },
      { sql: 'INSERT INTO old VALUES (1)', seen: 'SELECT 1 FROM app.old' },
      { sql: 'INSERT INTO log SELECT 100 + n FROM old', seen: logged(101) },
    ],
  },
];

/** What is there before the first of them. */
export const ground: readonly string[] = [
  'CREATE TABLE log (n INT NOT NULL) ENGINE=InnoDB',
  'CREATE TABLE today (what CHAR(3)) ENGINE=InnoDB',
  'CREATE TABLE tomorrow (what CHAR(3), id INT) ENGINE=InnoDB',
  "INSERT INTO today VALUES ('old')",
  "INSERT INTO tomorrow VALUES ('new', 1)",
  'CREATE PROCEDURE note(IN n INT) INSERT INTO log VALUES (n)',
  'CREATE PROCEDURE note_open(IN n INT) BEGIN START TRANSACTION; INSERT INTO log VALUES (n); END',
  'CREATE PROCEDURE note_for_good(IN n INT) BEGIN INSERT INTO log VALUES (n); COMMIT; END',
];
