import { counted, duration } from '../../core/format.ts';
import type { Evidence, Finding, FindingCode } from '../../migrations/checks/finding.ts';
import type { FindingFacts, Severity } from '../../migrations/checks/rule.ts';
import type { ErrorTexts } from '../texts.ts';

/** What a finding says. */
interface FindingText {
  /** What it means, for the table of them all. */
  readonly meaning: string;
  /** What was found here. */
  readonly message: (facts: Required<FindingFacts>) => string;
  /** What to do about it. */
  readonly remedy: string;
}

const findings: Readonly<Record<FindingCode, FindingText>> = {
  'drop-table': {
    meaning:
      'DROP TABLE, or CREATE OR REPLACE TABLE: its rows are gone. Not for tables that the script has made.',
    message: ({ object }) => `The table ${object} is dropped, with all of its rows.`,
    remedy: 'Drop it in a later release than the one that stops using it. Say why that is safe.',
  },
  'drop-database': {
    meaning:
      'DROP DATABASE, CREATE OR REPLACE DATABASE: everything is gone, the ledger too. Cannot be allowed.',
    message: ({ object }) => `The database ${object} is dropped, with everything in it.`,
    remedy: 'Take it out: a migration changes a database, it does not remove one.',
  },
  'drop-column': {
    meaning: 'A column is dropped: its values are gone. Not for columns that the script has added.',
    message: ({ object }) => `The column ${object} is dropped, with all of its values.`,
    remedy: 'Drop it in a later release than the one that stops using it. Say why that is safe.',
  },
  'drop-partition': {
    meaning: 'DROP PARTITION or TRUNCATE PARTITION: the rows in it are gone.',
    message: ({ object, detail }) => `The partition ${detail} of ${object} goes, with all of its rows.`,
    remedy: 'Make sure that these rows are kept elsewhere or not needed; say so.',
  },
  truncate: {
    meaning: 'TRUNCATE: every row is gone.',
    message: ({ object }) => `Every row of ${object} is removed.`,
    remedy: 'Delete what is not needed by a WHERE, or say why all of it may go.',
  },
  'delete-without-where': {
    meaning: 'DELETE without WHERE, LIMIT or the ON of a join: every row is gone.',
    message: ({ object }) => `Every row of ${object} is deleted: there is no WHERE.`,
    remedy: 'Add the WHERE, or say why all of them may go.',
  },
  'update-without-where': {
    meaning:
      'UPDATE without WHERE, LIMIT or the ON of a join: the old values are gone in every row. Not for columns that the script has added.',
    message: ({ object }) => `Every row of ${object} is changed: there is no WHERE.`,
    remedy: 'Add the WHERE that picks the rows that need it, or say why all of them do.',
  },
  'other-database': {
    meaning:
      'Another database than DB_NAME is named: no backup holds it, and the copy of a dry run does not have it. Cannot be allowed.',
    message: ({ object }) => `This names another database, ${object}.`,
    remedy: 'Take it out. Rows that come from elsewhere are loaded by a script that holds them.',
  },
  'server-wide': {
    meaning:
      'Accounts, roles, privileges on more than one database, plugins, tablespaces, replication, SHUTDOWN: other applications have them, too, and no backup holds them. Cannot be allowed.',
    message: ({ object }) => `${object} changes what all databases of the server share.`,
    remedy: 'Take it out, and let an administrator do it once, by hand.',
  },
  'set-global': {
    meaning: 'SET GLOBAL or SET PERSIST: it changes the server, for everybody, and no restore takes it back.',
    message: ({ object }) => `${object} is set for the whole server; no restore takes that back.`,
    remedy: 'Set it for the session, or in the configuration of the server.',
  },
  'change-type': {
    meaning:
      'MODIFY or CHANGE gives a column a type: values that do not fit are cut, or the statement fails.',
    message: ({ object, detail }) =>
      `${object} becomes ${detail}: values that do not fit are cut, or stop the migration; the table may be copied.`,
    remedy: 'Look at the warnings of the dry run; they tell of values that were cut.',
  },
  'enum-changed': {
    meaning: 'MODIFY or CHANGE gives an ENUM or SET another list: values that are not in it are lost.',
    message: ({ object, detail }) =>
      `${object} gets another list of ${detail}: values that are not in it are lost; another order copies the table.`,
    remedy: 'Add new values at the end of the list; change the rows first where a value goes.',
  },
  'change-charset': {
    meaning:
      'CONVERT TO CHARACTER SET, or a column gets a charset or collation: what compares as equal changes.',
    message: ({ object, detail }) =>
      `${object} gets the charset or collation ${detail}: every row is written anew, and a unique key may meet values that are now equal.`,
    remedy: 'Rehearse on real rows; joined columns must change together.',
  },
  'not-null-without-default': {
    meaning:
      'ADD COLUMN … NOT NULL without DEFAULT: rows that are there get 0, an empty text, or a zero date.',
    message: ({ object }) =>
      `The new column ${object} is NOT NULL and has no DEFAULT: rows that are there get 0 or an empty text, and older INSERTs fail.`,
    remedy: 'Give it a DEFAULT; or add it as NULL, fill it, and make it NOT NULL then.',
  },
  'set-not-null': {
    meaning:
      'MODIFY or CHANGE makes a column NOT NULL: rows with NULL stop it or, without strict mode, get 0 or an empty text.',
    message: ({ object }) => `${object} becomes NOT NULL: a row with NULL stops this, or loses its NULL.`,
    remedy: 'Fill the NULLs before, in this script.',
  },
  'add-unique': {
    meaning: 'UNIQUE or PRIMARY KEY on a table that has rows: fails at the first value that is there twice.',
    message: ({ object }) => `A unique key on ${object}: fails if two rows have the same value.`,
    remedy: 'Rehearse on real rows; merge what is there twice before, in this script.',
  },
  'add-foreign-key': {
    meaning:
      'FOREIGN KEY on a table that has rows: fails at orphans, copies the table, and blocks writes to both tables.',
    message: ({ object }) =>
      `A foreign key on ${object}: fails at rows without a parent, copies the table, and blocks writes to both tables.`,
    remedy: 'Remove or repair the orphans before, in this script; look at the seconds of the dry run.',
  },
  'add-check': {
    meaning:
      'CHECK on a table that has rows: fails at the first row that does not keep it; every row is read.',
    message: ({ object }) => `A CHECK on ${object}: fails at rows that do not keep it.`,
    remedy: 'Correct these rows before, in this script.',
  },
  'rename-table': {
    meaning: 'A table gets another name: an application that still runs does not find it.',
    message: ({ object, detail }) =>
      `The table ${object} becomes ${detail}: code of the old release does not find it.`,
    remedy: 'Rename in maintenance only, or leave a view under the old name for one release.',
  },
  'rename-column': {
    meaning: 'A column gets another name: an application that still runs does not find it.',
    message: ({ object, detail }) =>
      `The column ${object} becomes ${detail}: code of the old release does not find it.`,
    remedy: 'Rename in maintenance only, or add the new column and drop the old one a release later.',
  },
  'table-copy': {
    meaning:
      'ENGINE, PARTITION BY, STORED columns, FULLTEXT, ALGORITHM=COPY and others: the server writes the whole table anew.',
    message: ({ object, detail }) =>
      `${detail}: the server writes all of ${object} anew; nobody else can write to it.`,
    remedy:
      'Look at the seconds of the dry run: the window gets longer by them. It needs the table’s size again on disk.',
  },
  'no-primary-key': {
    meaning: 'A table without primary key at the end of the script: slow replication, refused by clusters.',
    message: ({ object }) =>
      `The table ${object} has no primary key: replicas search all of it for each row; clusters refuse it.`,
    remedy: 'Give it a primary key; an AUTO_INCREMENT column will do.',
  },
  'zero-date': {
    meaning: 'The date 0000-00-00: refused in strict mode with NO_ZERO_DATE, which is MySQL’s default.',
    message: ({ detail }) => `${detail} is no date: a server in strict mode refuses it.`,
    remedy: 'Use NULL.',
  },
  definer: {
    meaning: 'DEFINER names an account: it must exist on the server, and what it runs has its privileges.',
    message: ({ object }) =>
      `DEFINER is the account ${object}: it has to exist on every server that this comes to.`,
    remedy: 'Leave DEFINER out: then it is the account that migrates.',
  },
  'qualified-name': {
    meaning: 'The database is named in front of a table, though it may be called otherwise elsewhere.',
    message: ({ object }) =>
      `The database ${object} is named in front of a table: the script works under this name only.`,
    remedy: 'Leave it out: migrations run in the right database.',
  },
  'implicit-commit': {
    meaning:
      'A statement that commits the script’s own transaction: ROLLBACK no longer takes back what stands before it.',
    message: ({ detail }) =>
      `${detail} commits the transaction that is open here: it cannot be rolled back as a whole.`,
    remedy: 'Put it before or after the transaction.',
  },
  'session-left-changed': {
    meaning:
      'foreign_key_checks, unique_checks, autocommit, sql_log_bin, sql_mode, time_zone or LOCK TABLES are not as before at the end.',
    message: ({ object }) => `${object} is not put back before the end of the script.`,
    remedy: 'Put it back at the end. Rows that were written without checks are not checked later.',
  },
  'flavour-syntax': {
    meaning: 'Syntax that only MariaDB or only MySQL understands.',
    message: ({ object, detail }) => `Only ${object} understands ${detail}.`,
    remedy: 'Nothing, if the application runs on no other server; else use what both understand.',
  },
  'server-warning': {
    meaning:
      'The server warned of it on the copy: values may have been cut off or changed. Told by a dry run only.',
    message: ({ detail }) => `The server warned on the copy (${detail}): values may have been changed.`,
    remedy: 'Look at the warnings of the dry run; correct the rows or the script, or say why they may be.',
  },
  'transaction-control': {
    meaning: 'The script begins or ends transactions. Told once a script.',
    message: ({ detail }) => `The script has transactions of its own (${detail}).`,
    remedy:
      'They are kept. Without them each statement on rows is committed together with its record in the ledger.',
  },
  'lock-tables': {
    meaning: 'LOCK TABLES or FLUSH TABLES WITH READ LOCK: everybody else waits.',
    message: ({ detail }) => `${detail}: everybody else waits until the locks are let go of.`,
    remedy: 'In maintenance nobody else writes: it may not be needed.',
  },
  'mixed-ddl-and-rows': {
    meaning: 'Schema and rows are changed in one script. Told once a script.',
    message: () => 'From here on the script changes both the schema and rows.',
    remedy: 'Two scripts: one that fails is then easier to go on from, since DDL cannot be rolled back.',
  },
  'several-alters': {
    meaning: 'Two or more ALTER TABLE of one table: each may copy it. Told once a table.',
    message: ({ object }) => `${object} was altered above already: the table may be copied each time.`,
    remedy: 'Put the clauses into one ALTER TABLE.',
  },
  'dynamic-sql': {
    meaning:
      'PREPARE or EXECUTE IMMEDIATE: what it runs is not checked here. The dry run shows what it does.',
    message: () => 'This runs SQL that is put together on the way: nothing here has checked it.',
    remedy: 'Write the statement out where that is possible.',
  },
  'allow-malformed': {
    meaning: 'A comment `-- maj: …` that is no `allow CODE: reason`: it allows nothing.',
    message: () => 'This comment allows nothing: the code or the reason is missing.',
    remedy: 'Write `-- maj: allow CODE: reason`, or `-- maj: allow-file CODE: reason` for the whole script.',
  },
  'allow-unknown-code': {
    meaning: 'A comment that names a code which does not exist, or cannot be allowed.',
    message: ({ object }) => `“${object}” is not a finding that can be allowed.`,
    remedy: 'Use the code as the finding shows it.',
  },
  'allow-unused': {
    meaning: 'A comment that allows what is not there.',
    message: ({ object }) => `There is no ${object} here to allow.`,
    remedy: 'Remove the comment, or put it in front of the statement that it is for.',
  },
};

const algorithms = { INSTANT: 'instant', NOCOPY: 'without a copy', INPLACE: 'in place', COPY: 'table copy' };

function evidence({ seconds, rows, warnings, algorithm }: Evidence): string {
  const facts = [
    duration(seconds * 1000),
    counted(rows, 'row'),
    ...(warnings === 0 ? [] : [counted(warnings, 'warning')]),
    ...(algorithm === undefined ? [] : [algorithms[algorithm]]),
  ];
  return `measured on the copy: ${facts.join(', ')}`;
}

/** The sentence of a finding. */
const sentence = ({ code, object = '', detail = '' }: Finding): string =>
  findings[code].message({ object, detail });

const severityNames: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'info',
};

/** What is said of one finding: where and what, what was measured, and the remedy. */
export function findingLines(finding: Finding): string[] {
  const place = `${finding.file}:${finding.line}:${finding.column}`;
  return [
    `${place}  ${severityNames[finding.severity]}  ${finding.code}  ${sentence(finding)}`,
    ...(finding.evidence === undefined ? [] : [`    ${evidence(finding.evidence)}`]),
    `    ${findings[finding.code].remedy}`,
  ];
}

function summary(all: readonly Finding[], scripts: number): string {
  const open = all.filter(({ allowed }) => allowed === undefined);
  const of = (severity: Severity): number => open.filter((finding) => finding.severity === severity).length;
  const allowed = all.length - open.length;
  const found = [
    counted(of('error'), 'error'),
    counted(of('warning'), 'warning'),
    `${of('info').toLocaleString('en')} info`,
    ...(allowed === 0 ? [] : [`${allowed.toLocaleString('en')} allowed`]),
  ];
  return `${counted(scripts, 'script')}: ${all.length === 0 ? 'nothing found' : found.join(', ')}.`;
}

/** What migrations/checks/ says, in English. */
export const checks = {
  texts: { findings, sentence, evidence },
  errors: {
    'check-format': (facts) => ({
      message: `--format ${facts.given} is none of ${facts.choices.join(', ')}.`,
      hint: `Use one of them, such as --format ${facts.choices[0] ?? ''}.`,
    }),
    'check-file': (facts) => ({
      message: `There is no script ${facts.file}; looked for ${facts.places.join(', ')}.`,
      hint: 'Name a file by its path, or one of the scripts by its name.',
    }),
    'migration-other-database': (facts) => ({
      message: `${facts.file}:${facts.line}:${facts.column}: this names the database ${facts.named}, which is not ${facts.database}.`,
      hint: 'Take it out: a migration changes its own database only, which the backup holds and the dry run has.',
    }),
    'migration-drops-database': (facts) => ({
      message: `${facts.file}:${facts.line}:${facts.column}: this drops the database ${facts.named}, and the ledger in it.`,
      hint: 'Take it out: a migration changes a database, it does not remove one.',
    }),
    'migration-server-wide': (facts) => ({
      message: `${facts.file}:${facts.line}:${facts.column}: ${facts.named} changes what all databases of the server share, not ${facts.database} alone.`,
      hint: 'Take it out, and let an administrator do it by hand: no backup holds it, and no restore takes it back.',
    }),
  } satisfies Partial<ErrorTexts>,
  results: {
    text: (facts: { findings: readonly Finding[]; scripts: number }) => [
      ...facts.findings.filter(({ allowed }) => allowed === undefined).flatMap(findingLines),
      summary(facts.findings, facts.scripts),
    ],
  },
};
