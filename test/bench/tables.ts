import { digest, number, sentence } from './words.ts';

/** One table of the data: how it is made, and what it is filled with. */
export interface BenchTable {
  readonly name: string;
  /** Columns and primary key. */
  readonly columns: string;
  /** Secondary indexes and foreign keys. */
  readonly keys: readonly string[];
  /** The columns' values: SQL expressions of `n`, the number of the row, from 0. */
  readonly values: readonly string[];
  /** Rows for a size of all tables together, in bytes of SQL text. */
  readonly rows: (totalBytes: number) => number;
}

/** The table of which every row changes before the differential restore, and how many rows it has. */
export const changedTable = { name: 'settings', rows: 20_000 } as const;

/** A share of the whole, in rows of so many bytes in a dump (measured). */
const share =
  (part: number, rowBytes: number) =>
  (totalBytes: number): number =>
    Math.max(1, Math.ceil((totalBytes * part) / rowBytes));

const userRows = share(0.02, 178);

/**
 * What a web application that keeps working time has: people, their entries with the indexes that its pages need,
 * documents, a log that only grows, and settings. Nothing of it is chosen for how it dumps or loads.
 */
export const benchTables = (seed: number, totalBytes: number): readonly BenchTable[] => [
  {
    name: 'users',
    columns: `id INT UNSIGNED NOT NULL AUTO_INCREMENT, name VARCHAR(80) NOT NULL, email VARCHAR(120) NOT NULL,
      team SMALLINT UNSIGNED NOT NULL, password CHAR(60) CHARACTER SET ascii NOT NULL, hired DATE NULL,
      weekly_hours DECIMAL(4,2) NOT NULL, active TINYINT(1) NOT NULL, created_at DATETIME NOT NULL, PRIMARY KEY (id)`,
    keys: ['UNIQUE KEY users_email (email)', 'KEY users_team (team, name)', 'KEY users_created (created_at)'],
    values: [
      'n + 1',
      `CONCAT(${sentence(seed, 'un', 2)}, ' ', n)`,
      `CONCAT(LEFT(${digest(seed, 'ue')}, 14), n, '@example.org')`,
      number(seed, 'ut', 60),
      `CONCAT('$2y$10$', LEFT(${digest(seed, 'up')}, 53))`,
      `IF(n % 9 = 0, NULL, DATE_ADD('2001-01-01', INTERVAL ${number(seed, 'uh', 8000)} DAY))`,
      '20 + n % 20',
      'n % 7 > 0',
      `DATE_ADD('2019-01-01', INTERVAL n * 3 MINUTE)`,
    ],
    rows: userRows,
  },
  {
    name: 'time_entries',
    columns: `id INT UNSIGNED NOT NULL AUTO_INCREMENT, user_id INT UNSIGNED NOT NULL, approver_id INT UNSIGNED NULL,
      project_id INT UNSIGNED NOT NULL, started_at DATETIME NOT NULL, minutes SMALLINT UNSIGNED NOT NULL,
      rate DECIMAL(10,4) NULL, billable TINYINT(1) NOT NULL, note VARCHAR(500) NULL, created_at DATETIME NOT NULL,
      updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (id)`,
    keys: [
      'KEY entries_user (user_id, started_at)',
      'KEY entries_project (project_id, started_at)',
      'KEY entries_approver (approver_id)',
      'KEY entries_updated (updated_at)',
      'CONSTRAINT entries_of_user FOREIGN KEY (user_id) REFERENCES users (id)',
      'CONSTRAINT entries_approved_by FOREIGN KEY (approver_id) REFERENCES users (id)',
    ],
    values: [
      'n + 1',
      `1 + ${number(seed, 'eu', userRows(totalBytes))}`,
      `IF(n % 3 = 0, NULL, 1 + ${number(seed, 'ea', userRows(totalBytes))})`,
      `1 + ${number(seed, 'ep', 900)}`,
      `DATE_ADD('2019-01-07', INTERVAL n MINUTE)`,
      `5 * (1 + ${number(seed, 'em', 95)})`,
      `IF(n % 5 = 0, NULL, ${number(seed, 'er', 1_500_000)} / 10000)`,
      'n % 4 > 0',
      `IF(n % 10 = 0, NULL, ${sentence(seed, 'e', 7)})`,
      `DATE_ADD('2019-01-07 18:00:00', INTERVAL n MINUTE)`,
      // A TIMESTAMP ends in 2038: with 4 GB there are more rows than minutes until then.
      `DATE_ADD('2019-01-08 12:00:00', INTERVAL n % 9000000 + ${number(seed, 'ex', 40_000)} MINUTE)`,
    ],
    rows: share(0.45, 166),
  },
  {
    name: 'documents',
    columns: `id INT UNSIGNED NOT NULL AUTO_INCREMENT, owner_id INT UNSIGNED NOT NULL, title VARCHAR(200) NOT NULL,
      mime VARCHAR(60) CHARACTER SET ascii NOT NULL, body MEDIUMTEXT NOT NULL, checksum BINARY(32) NOT NULL,
      created_at DATETIME(6) NOT NULL, PRIMARY KEY (id)`,
    keys: [
      'UNIQUE KEY documents_checksum (checksum)',
      'KEY documents_owner (owner_id, created_at)',
      'KEY documents_title (title(40))',
      'CONSTRAINT documents_of_user FOREIGN KEY (owner_id) REFERENCES users (id)',
    ],
    values: [
      'n + 1',
      `1 + ${number(seed, 'du', userRows(totalBytes))}`,
      sentence(seed, 'dt', 4),
      `ELT(1 + n % 3, 'text/html', 'text/plain', 'application/json')`,
      // Paragraphs come again within a document, as quoted mails and templates do; keys within it do not.
      `CONCAT('<p>', ${sentence(seed, 'd', 40)}, '</p>\\n<p>', REPEAT(CONCAT(${sentence(seed, 'dr', 12)}, ' ', ${digest(seed, 'dk')}, '</p>\\n<p>'), 1 + ${number(seed, 'dc', 24)}), ${sentence(seed, 'de', 30)}, '</p>')`,
      `UNHEX(${digest(seed, 'dd')})`,
      `DATE_ADD('2019-02-01', INTERVAL n * 61 * 1000003 MICROSECOND)`,
    ],
    rows: share(0.26, 3170),
  },
  {
    name: 'audit_log',
    columns: `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, at DATETIME(6) NOT NULL, user_id INT UNSIGNED NULL,
      action VARCHAR(30) CHARACTER SET ascii NOT NULL, object VARCHAR(60) NOT NULL, address VARBINARY(16) NULL,
      changes TEXT NULL, PRIMARY KEY (id)`,
    keys: ['KEY audit_at (at)', 'KEY audit_object (object)'],
    values: [
      'n + 1',
      `DATE_ADD('2019-01-01', INTERVAL n * 37 * 1000003 MICROSECOND)`,
      `IF(n % 50 = 0, NULL, 1 + ${number(seed, 'au', userRows(totalBytes))})`,
      `ELT(1 + ${number(seed, 'ac', 5)}, 'login', 'entry.update', 'entry.create', 'document.read', 'user.update')`,
      `CONCAT('entry:', ${number(seed, 'ao', 2_000_000)})`,
      `IF(n % 6 = 0, NULL, UNHEX(LEFT(${digest(seed, 'ai')}, 8)))`,
      `IF(n % 4 = 0, NULL, CONCAT('{"note":{"from":"', ${sentence(seed, 'af', 4)}, '","to":"', ${sentence(seed, 'at', 4)}, '"},"minutes":', ${number(seed, 'am', 480)}, '}'))`,
    ],
    rows: share(0.26, 183),
  },
  {
    name: changedTable.name,
    columns: `name VARCHAR(100) NOT NULL, user_id INT UNSIGNED NULL, value TEXT NOT NULL, changed_at DATETIME NOT NULL,
      PRIMARY KEY (name)`,
    keys: ['KEY settings_user (user_id)', 'KEY settings_changed (changed_at)'],
    values: [
      `CONCAT('ui.', ${number(seed, 'sg', 40)}, '.', n)`,
      `IF(n % 20 = 0, NULL, 1 + ${number(seed, 'su', userRows(totalBytes))})`,
      `CONCAT('{"columns":"', ${sentence(seed, 's', 6)}, '"}')`,
      `DATE_ADD('2021-01-01', INTERVAL n * 7 MINUTE)`,
    ],
    rows: () => changedTable.rows,
  },
];
