import type { Position } from '../../sql/lexer.ts';

/**
 * How much a finding weighs:
 * - `error`: data is lost, or something outside of the database is changed; `maj migrate check` says no
 * - `warning`: can fail, block or lose something, depending on the rows, the server or the order of a deployment
 * - `info`: good to know
 */
export type Severity = 'error' | 'warning' | 'info';

/** Every finding there is, in the order of the documentation; its texts are in the message catalogue. */
export const severities = {
  'drop-table': 'error',
  'drop-database': 'error',
  'drop-column': 'error',
  'drop-partition': 'error',
  truncate: 'error',
  'delete-without-where': 'error',
  'update-without-where': 'error',
  'other-database': 'error',
  'server-wide': 'error',
  'set-global': 'error',
  'change-type': 'warning',
  'enum-changed': 'warning',
  'change-charset': 'warning',
  'not-null-without-default': 'warning',
  'set-not-null': 'warning',
  'add-unique': 'warning',
  'add-foreign-key': 'warning',
  'add-check': 'warning',
  'rename-table': 'warning',
  'rename-column': 'warning',
  'table-copy': 'warning',
  'no-primary-key': 'warning',
  'zero-date': 'warning',
  definer: 'warning',
  'qualified-name': 'warning',
  'implicit-commit': 'warning',
  'session-left-changed': 'warning',
  'flavour-syntax': 'warning',
  'server-warning': 'warning',
  'transaction-control': 'info',
  'lock-tables': 'info',
  'mixed-ddl-and-rows': 'info',
  'several-alters': 'info',
  'dynamic-sql': 'info',
  'allow-malformed': 'warning',
  'allow-unknown-code': 'warning',
  'allow-unused': 'warning',
} as const satisfies Record<string, Severity>;

/** The name of a finding, the same in every language and from version to version. */
export type FindingCode = keyof typeof severities;

/** The names, in the order of the table. */
export const findingCodes = Object.keys(severities) as readonly FindingCode[];

/**
 * What is refused wherever it would run, on the copy as on the live server, whatever the script says: no backup holds it,
 * and no restore takes it back. (A database that is dropped takes the ledger along.)
 */
const neverRun = ['other-database', 'drop-database', 'server-wide'] as const satisfies readonly FindingCode[];

/** Whether no script with this finding may run. */
export const mayNeverRun = (code: FindingCode): code is (typeof neverRun)[number] =>
  neverRun.some((one) => one === code);

/** Whether a comment in the script can silence it. A comment that is wrong is corrected, not allowed. */
export const isAllowable = (code: FindingCode): boolean => !mayNeverRun(code) && !code.startsWith('allow-');

/** How a server changes a table: the words of its ALGORITHM clause (NOCOPY is MariaDB's). */
type Algorithm = 'INSTANT' | 'NOCOPY' | 'INPLACE' | 'COPY';

/** What a dry run measured of a statement. */
export interface Evidence {
  readonly seconds: number;
  /** Rows changed, as the server counts them. */
  readonly rows: number;
  readonly warnings: number;
  /** Where it was tried. */
  readonly algorithm?: Algorithm | undefined;
}

/** What the sentence of a finding is made of. */
export interface FindingFacts {
  /** What it is about, as the script writes it: a table, `table.column`, an account, a variable. */
  readonly object?: string;
  /** What else there is to say, in SQL's own words: `ENGINE`, `'0000-00-00'`, `RETURNING`. */
  readonly detail?: string;
}

/** Something in a script that somebody should look at. */
export interface Finding extends FindingFacts, Position {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly file: string;
  /** The number of the statement, from 1; not given for a comment behind the last one. */
  readonly statement?: number;
  /** The reason for which the script allows it. */
  readonly allowed?: string;
  /** What a dry run measured of the statement; see `joinEvidence`. */
  readonly evidence?: Evidence;
}
