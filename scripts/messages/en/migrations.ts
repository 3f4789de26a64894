import { duration, nameList, table } from '../../core/format.ts';
import type { Settlement } from '../../migrations/in-doubt/resolve-in-doubt.ts';
import type { PlanProblem } from '../../migrations/plan.ts';
import type { DoubtReason } from '../../migrations/reports.ts';
import type { Measured } from '../../migrations/run/evidence.ts';
import { isAlreadySo, isInTheWay, type MigrationFailure } from '../../migrations/run/failure.ts';
import type { MigrationResult } from '../../migrations/run/runner.ts';
import { nameOfRecord, type NameProblem } from '../../migrations/script-names.ts';
import type { StatusRow } from '../../migrations/status.ts';
import type { Doubt, ScriptPlace, ScriptProblem } from '../../sql/reports.ts';
import type { ErrorTexts, NoteTexts, StepTexts } from '../texts.ts';

const at = (place: ScriptPlace): string => `${place.file}:${place.line}:${place.column}`;

const statements = (count: number): string => (count === 1 ? '1 statement' : `${count} statements`);

/** What programs read differently, why, and how to write it so that they agree. */
const doubts: Readonly<Record<Doubt, { message: string; hint: string }>> = {
  comment: {
    message:
      'the mysql client and the server do not agree on where this comment ends, as another one begins inside of it',
    hint: 'Take the inner `/*` out.',
  },
  'versioned-comment': {
    message: 'the mysql client and the server do not agree on where this /*! … */ comment ends',
    hint: 'Take comments, and strings that hold `*/`, out of it.',
  },
  hint: {
    message: 'the mysql client reads on in this optimizer hint as if it had ended with its first line',
    hint: 'Write the hint on one line.',
  },
  'dollar-quote': {
    message:
      'programs do not agree on where the text ends that begins here, in dollar quotes: a string to MySQL 9 only',
    hint: 'Write it as a string in plain quotes, without dollars and backslashes.',
  },
  'ansi-name': {
    message:
      'with ANSI_QUOTES the server ends this name at its second quote; the mysql client does not, as a backslash stands before it',
    hint: 'Put the name in backticks.',
  },
  dashes: {
    message: 'this line is a comment to MariaDB’s client, and the beginning of a statement to MySQL’s',
    hint: 'Put a blank after `--`.',
  },
};

/** What is wrong with a script, and what to do about it. */
function scriptProblem(problem: ScriptProblem): { message: string; hint: string } {
  switch (problem.kind) {
    case 'unterminated':
      return {
        message: `a ${problem.what === 'name' ? 'quoted name' : problem.what} begins here and never ends`,
        hint: 'Close it. A backslash before the closing quote takes its meaning away.',
      };
    case 'torn-routine':
      return {
        message: 'the body of a routine, trigger or event has semicolons, at which it would be cut',
        hint: 'Put `DELIMITER //` on a line before it, `//` after its END, and `DELIMITER ;` on the next line.',
      };
    case 'delimiter-in-versioned-comment':
      return {
        message: `the delimiter ${problem.delimiter} stands inside of a /*! … */ comment, where programs differ on whether it ends the statement`,
        hint: 'Close the comment before the delimiter, or choose another one with `DELIMITER //`.',
      };
    case 'read-differently':
      return doubts[problem.what];
    case 'swallowed-in':
      return {
        message: `the charset may be set to ${problem.charset} here; in it a backslash or backtick in this statement is a part of the letter before it to the server, but not to the mysql client, so that they differ on where a text or name ends`,
        hint: 'The script is UTF-8: write SET NAMES utf8mb4 before this statement.',
      };
    case 'client-command':
      return {
        message: `“${problem.command}” is a command of the mysql client, not a statement`,
        hint: 'Take it out: end statements with `;`, put the statements of other files here, and name no database.',
      };
    case 'delimiter-argument':
      return {
        message:
          'DELIMITER needs a blank and then the new delimiter: up to 15 ASCII characters, no backslash, no tab',
        hint: 'Write `DELIMITER //`.',
      };
    case 'delimiter-misplaced':
      return {
        message: 'DELIMITER works only at the start of a line, with nothing but blanks before it',
        hint: 'Put it on a line of its own.',
      };
  }
}

/** Why a file's name is not taken. */
function nameProblem({ file, kind, version }: NameProblem, pattern: string | undefined): string {
  switch (kind) {
    case 'form':
      return pattern === undefined ? file : `${file} (MIGRATIONS_PATTERN does not match it)`;
    case 'version':
      return `${file} (${version === '' ? 'its version is empty' : `“${version ?? ''}” is no version: a version is numbers with dots, hyphens or underscores between them, 32 characters at most`})`;
    case 'way-back':
      return `${file} (it takes a migration back; maj goes back by the backup)`;
    case 'repeatable':
      return `${file} (it has no version; maj runs each script once)`;
  }
}

const nameRemedy = (pattern: string | undefined): string =>
  pattern === undefined
    ? 'Name it by version and words, such as 012_add_invoices.sql, 202611221015_add_invoices.sql or 1.2.3.sql; if the application has names of its own, set MIGRATIONS_PATTERN to a regular expression whose first group is the version. Names that have no order (sums, words) need a number in front: 001_f1ccd3bb.sql.'
    : `MIGRATIONS_PATTERN (${pattern}) must match the whole name, and its first group must be the version, which consists of numbers. Correct the pattern, or rename the file so that it matches.`;

/** Why the plan was refused, a line a problem. */
function planProblem(problem: PlanProblem): string {
  switch (problem.kind) {
    case 'edited':
      return `${problem.file} has been edited since it was applied. If its publisher edited it, and this database does not need the change, accept the new text: \`maj migrate accept ${problem.version} --sha256 ${problem.checksum} --because TEXT\`. Otherwise put the applied text back (git log -- ${problem.file}) and make the change in a new script.`;
    case 'missing':
      return `${problem.file} is in the ledger, but its file is gone. Bring it back from version control; this may be an older release than the database.`;
    case 'out-of-order':
      return `${problem.file} is not applied, but the newer ${problem.newest} is. Give it a number above ${problem.newest}.`;
    case 'failed-prefix-edited':
      return `${problem.file} failed after ${statements(problem.done)}, and these have been edited since. Put them back as they were; what follows them may change.`;
    case 'failed-session-bound':
      return `${problem.file} failed after ${statements(problem.done)} that leave something in their session (a temporary table, a variable, a lock), so it cannot go on from there. Restore the backup from before it: \`maj restore\`.`;
    case 'unfinished':
      return `${problem.file} did not finish: ${problem.done} of ${statements(problem.of)} done${
        problem.inDoubt === undefined ? '' : `, statement ${problem.inDoubt} in doubt`
      }.`;
  }
}

type ServerReason = Extract<MigrationFailure['reason'], { kind: 'server' }>;

/** What failed: the statement, or what maj does before and after it. */
function troubleText({ phase, write }: ServerReason): string {
  const what = write === undefined ? 'the connection failed' : 'the ledger could not be written';
  switch (phase) {
    case 'before':
      return `did not run, for ${what}`;
    case 'statement':
      return 'failed';
    case 'after':
      return `ran, but then ${what}`;
  }
}

/**
 * Whether both servers call an error by the same name. The driver knows MySQL's names only; from 1900 on MariaDB has numbers
 * of its own, of which 4025 is a CHECK that failed and MySQL's ER_INNODB_AUTOEXTEND_SIZE_OUT_OF_RANGE.
 */
const hasOneName = (errno: number | undefined): boolean => errno !== undefined && errno < 1900;

/** Where and why a script stopped. */
function failureMessage(failure: MigrationFailure): string {
  const where = failure.from === 'after-each' ? `MIGRATIONS_AFTER_EACH after ${failure.file}` : at(failure);
  const place = `${where}: statement ${failure.statement} of ${failure.of}`;
  const { reason } = failure;
  switch (reason.kind) {
    case 'interrupted':
      return `Interrupted at ${place}, before it ran.`;
    case 'lock-lost':
      return `Stopped at ${place}, before it ran: the connection that held the migration lock was lost.`;
    case 'server': {
      const number = reason.error.errno === undefined ? reason.error.code : `${reason.error.errno}`;
      const code = hasOneName(reason.error.errno) ? ` (${reason.error.code})` : '';
      return [
        `${place} ${troubleText(reason)}: ${number}${code} ${reason.error.message}`,
        ...(failure.excerpt === '' ? [] : [failure.excerpt]),
        ...(reason.holders ?? []).map((holder) => `waited for, it may be: ${holder}`),
      ].join('\n  ');
    }
  }
}

const statementsAre = (first: number, last: number): string =>
  first === last ? `Statement ${first} is` : `Statements ${first} to ${last} are`;

/** ER_BINLOG_CREATE_ROUTINE_NEED_SUPER: a trigger or function, on a server with a binary log. */
const needsTrust = 1419;

/** ER_VIEW_INVALID: a view that may not be read, too. */
const viewInvalid = 1356;

/** @param outside the other databases that views on the copy read */
/** What has to be corrected where a statement fails as it stands. */
const culpritOf = ({ from, file }: Pick<MigrationFailure, 'from' | 'file'>): string =>
  ({
    script: file,
    'script-and-placeholders': `${file}, or MIGRATIONS_PLACEHOLDERS`,
    'after-each': 'the setting MIGRATIONS_AFTER_EACH (the script before it went through)',
  })[from];

function dryRunHint(
  { file, from, version, reason }: MigrationFailure,
  { outside, nothingApplied }: { outside: readonly string[]; nothingApplied: boolean },
): string {
  if (reason.kind !== 'server' || reason.phase !== 'statement') return 'Rehearse again.';
  const { errno } = reason.error;
  if (errno === needsTrust)
    return 'On the live server it would fail in the same way. Have its administrator set log_bin_trust_function_creators to ON there, and rehearse again.';
  if (errno === viewInvalid && outside.length > 0)
    return `On the copy, a view that reads ${nameList([...new Set(outside)])} can be created but not read, because a backup holds no rows of another database. Take the statement out of ${file}, and rehearse again.`;
  if (nothingApplied && from !== 'after-each' && isAlreadySo(reason.error))
    return `The database already has what this script makes, but maj’s ledger says that no script was applied. If scripts were applied before maj kept a record, name the last of them: \`maj migrate baseline VERSION\` (this script is ${version}). Then rehearse again. If none was applied, correct ${file}.`;
  return `Correct ${culpritOf({ from, file })}, or the rows that it stumbled over, and rehearse again.`;
}

/** What of a script that stopped is in the database. */
function failureState(failure: MigrationFailure): string {
  const before =
    failure.applied.length === 0 ? '' : `Applied before it in this run: ${nameList(failure.applied)}. `;
  const done =
    failure.done === 0
      ? `Of ${failure.file} nothing is committed before statement ${failure.statement}.`
      : `Of ${failure.file} ${statementsAre(1, failure.done).toLowerCase()} committed.`;
  const { statement, outcome, doubt } = failure;
  const hasRun = failure.reason.kind === 'server' && failure.reason.phase === 'after';
  const rolledBack = hasRun && outcome === 'unchanged' ? statement : statement - 1;
  const between =
    rolledBack > failure.done
      ? ` ${statementsAre(failure.done + 1, rolledBack)} rolled back, or changed only ${rolledBack - failure.done > 1 ? 'their' : 'its'} session.`
      : '';
  const isSaid = failure.done >= statement || rolledBack === statement;
  const itself = {
    unchanged: isSaid ? '' : ` Statement ${statement} has changed nothing.`,
    applied: '',
    partial: ` Statement ${statement} may have been applied in part: the server cannot undo it.`,
    'in-doubt': ` Whether statement ${statement} was applied is not known.`,
  }[outcome];
  const earlier =
    doubt === undefined || doubt === statement
      ? ''
      : ` Of statement ${doubt} a part may have stayed: it ran code, or changed rows of tables that know no transactions.`;
  const ledger = failure.recorded
    ? ''
    : ` The ledger does not say so yet. Nothing after statement ${statement} was run.`;
  return `${before}${done}${between}${itself}${earlier}${ledger}`;
}

/** What to call once the ledger can be written again. */
function resumeHint({ file, version, statement, outcome }: MigrationFailure): string {
  const said = { applied: 'mark-applied', unchanged: 'mark-not-applied', partial: '', 'in-doubt': '' }[
    outcome
  ];
  const word =
    said === '' || statement === 0
      ? ''
      : ` Should it ask what became of statement ${statement} of ${file}: \`maj migrate ${said} ${version} --because 'maj said so'\`, then \`maj migrate resume\`.`;
  return `Let what stood in the way end. Then \`maj migrate resume\` finds out where it stands, and goes on.${word}`;
}

/** The way on from a script that stopped on the live database. */
function failureHint(failure: MigrationFailure): string {
  const { reason, outcome, doubt } = failure;
  const restore = 'put the backup from before this run back: `maj restore`';
  if (!failure.canGoOn)
    return `The script cannot go on from there: what its finished statements left in their session (a temporary table, a variable, a lock) is gone. P${restore.slice(1)}. (\`maj migrate status\` shows where it stands.)`;
  if (outcome === 'partial' || (doubt !== undefined && outcome !== 'in-doubt'))
    return `P${restore.slice(1)}. (\`maj migrate status\` shows where it stands.) If you have looked and know what became of statement ${doubt ?? failure.statement}, say so: \`maj migrate mark-applied ${failure.version} --because TEXT\`, or mark-not-applied; then \`maj migrate resume\`.`;
  if (outcome === 'in-doubt')
    return `\`maj migrate resume\` finds out whether it was applied, and goes on; or ${restore}. (\`maj migrate status\` shows where it stands.)`;
  if (!failure.recorded) return resumeHint(failure);
  if (reason.kind !== 'server')
    return 'Rehearse what is left (`maj rehearse`), then go on with `maj migrate`.';
  if (isInTheWay(reason.error))
    return 'The script need not change: others were in its way. Let them end (or end them: `KILL` and the number), or set maintenance (`maj maintenance on`), and run `maj migrate` again: it goes on from there.';
  if (reason.phase !== 'statement')
    return 'The script need not change: let what stood in the way end, and run `maj migrate` again: it goes on from there.';
  const correct =
    failure.done === 0
      ? `Correct ${culpritOf(failure)}, rehearse it (\`maj rehearse\`) and run \`maj migrate\` again`
      : `Correct ${culpritOf(failure)} from statement ${failure.done + 1} on, leave what is above as it is, rehearse it (\`maj rehearse\`) and run \`maj migrate\` again: it goes on from there`;
  return `${correct}; or put the backup back with \`maj restore\`.`;
}

const outcomeText = (outcome: string): string => (outcome === 'applied' ? 'applied' : 'not applied');

function doubtText(because: DoubtReason): string {
  switch (because) {
    case 'no-evidence':
      return 'no dry run of this statement is on record.';
    case 'schema-unchanged':
      return 'it changes nothing in the schema that would show.';
    case 'schema-differs':
      return 'the schema is neither as before it nor as after it.';
    case 'runs-code':
      return 'it runs code that may have come half-way.';
    case 'no-transactions':
      return 'it changes rows of tables that know no transactions.';
  }
}

function settledText(settlement: Settlement | undefined): string {
  if (settlement === undefined) return 'Nothing was in doubt.';
  const { file, statement, of, verdict, done } = settlement;
  const at = `${file} stands after statement ${done} of ${of}`;
  if (statement === undefined || verdict === undefined) return `${at}, by its checkpoint.`;
  const why = {
    schema: 'the schema tells',
    repeatable: 'it does no harm to run it again',
    word: 'by your word',
  }[verdict.because as 'schema' | 'repeatable' | 'word'];
  return `${at}: statement ${statement} was ${outcomeText(verdict.outcome)} (${why}).`;
}

const states = { applied: 'applied', applying: 'not finished', failed: 'failed', pending: 'pending' };

const statusCells = (row: StatusRow): string[] => [
  row.version,
  row.name,
  states[row.state],
  row.of === undefined
    ? ''
    : row.done === row.of
      ? statements(row.of)
      : `${row.done ?? 0} of ${statements(row.of)}`,
  row.at === undefined ? '' : `${row.at.slice(0, 19)} UTC`,
  row.durationMs === undefined ? '' : duration(row.durationMs),
  row.appliedBy ?? '',
];

const acceptedLines = (row: StatusRow): string[] =>
  row.accepted.map(
    ({ at, by, because }) =>
      `Accepted: an edited text of ${nameOfRecord(row)}, on ${at.slice(0, 10)} by ${by}: ${because}`,
  );

/** A script's own line, and one for each of its statements of which there is something to tell. */
const dryRunRows = (migration: MigrationResult, measured: readonly Measured[]): string[][] => [
  [nameOfRecord(migration), statements(migration.statements.count), duration(migration.seconds * 1000)],
  ...migration.statements.each.flatMap((run) => {
    const { number, line, rows, seconds, warnings } = run;
    const more = measured.find((one) => one.version === migration.version && one.number === number);
    if (seconds < 1 && warnings === 0 && more?.algorithm !== 'COPY') return [];
    const told = [
      `${rows} rows`,
      ...(warnings === 0 ? [] : [`${warnings} warnings`]),
      ...(more?.algorithm === undefined ? [] : [algorithmText[more.algorithm]]),
    ];
    const messages = (more?.messages ?? []).map((message) => [`    ${message}`, '', '']);
    return [[`  statement ${number}, line ${line}`, told.join(', '), duration(seconds * 1000)], ...messages];
  }),
];

const algorithmText = { INSTANT: 'instant', INPLACE: 'in place', COPY: 'copies the table' } as const;

/** Diffs of the schema; more lines than this say no more. */
const shownDiffLines = 60;

function diffLines(diffs: readonly string[]): string[] {
  const lines = diffs.flatMap((diff) => ['', ...diff.split('\n')]);
  const left = lines.length - shownDiffLines;
  return [
    ...lines.slice(0, shownDiffLines),
    ...(left > 0 ? [`… ${left} more lines; --json has them all`] : []),
  ];
}

const pendingText = (pending: number): string =>
  pending === 0 ? 'Nothing is pending.' : `${pending} pending: \`maj migrate\` runs them.`;

/** What is to be done next. A script that has failed is neither applied nor pending. */
function statusEnd(rows: readonly StatusRow[], problems: readonly PlanProblem[]): string[] {
  const stopped = rows.filter(({ state }) => state === 'failed' || state === 'applying');
  const pending = rows.filter(({ state }) => state === 'pending').length;
  const names = nameList(stopped.map(nameOfRecord));
  if (stopped.length === 0) return [pendingText(pending)];
  return [
    problems.length > 0
      ? `Did not end: ${names}. Nothing can be migrated until that is settled.`
      : `Failed: ${names}. \`maj migrate\` runs it again from the statement that failed, once the cause is mended.`,
    ...(pending === 0 ? [] : [`${pending} more pending.`]),
  ];
}

const indented = (rows: readonly (readonly string[])[]): string[] => table(rows).map((line) => `  ${line}`);

/** What migrations/ says, in English. */
export const migrations = {
  errors: {
    'ledger-not-written': (facts) => ({
      message: `The ledger (table ${facts.table}) could not be written: ${facts.reason}`,
      hint: 'If a backup program or an open transaction holds the table, wait until it has ended. If the server is read-only, connect to the one that is not. DB_USER also needs CREATE, ALTER and DROP. Then call this again.',
      state: facts.lost
        ? 'Whether it was written is not known; nothing of a script was run. To call this again does no harm.'
        : 'The ledger is as before; nothing of a script was run.',
    }),
    'history-unknown': (facts) => ({
      message: `${facts.database} has ${facts.tables === 1 ? '1 table' : `${facts.tables} tables`} but no ledger: nothing tells which scripts it has been through.`,
      hint: 'Tell maj once. `maj migrate baseline VERSION` records the scripts up to VERSION as applied, without running them; 0 records none. If another program kept a record: `maj migrate adopt` takes it over.',
    }),
    'migration-pattern-endless': (facts) => ({
      message: `MIGRATIONS_PATTERN (${facts.pattern}) needs too long to tell the versions in the names of the scripts.`,
      hint: 'Write it so that there is one way only to match a name: no repetition within a repetition, such as (\\d+)+.',
    }),
    'baseline-version': (facts) => ({
      message: `${facts.version} is not the version of a script in ${facts.folder}.`,
      hint:
        facts.versions.length === 0
          ? 'There is no script in that folder. If the scripts are elsewhere, correct MIGRATIONS_DIR; if no script has been applied, name 0.'
          : `Name one of ${nameList(facts.versions)}; or 0, if no script has been applied.`,
    }),
    'accept-version': (facts) => ({
      message: `${facts.version} is not the version of a script that was applied to its end.`,
      hint: `Name one of ${nameList(facts.versions) || '(none)'}. A script that failed needs no \`maj migrate accept\`: you may edit its statements after the last one that was applied.`,
    }),
    'accept-text': (facts) => ({
      message: `MIGRATIONS_DIR has no script of version ${facts.version}, so maj does not know which text you want to accept.`,
      hint: `Give the sum of the text: \`maj migrate accept ${facts.version} --sha256 SUM --because TEXT\`. The error about the edited script shows SUM.`,
    }),
    'baseline-not-empty': (facts) => ({
      message: `The ledger of ${facts.database} already holds scripts: a baseline comes before the first of them.`,
      hint: '`maj migrate status` shows what it holds.',
    }),
    'migration-script': (facts) => {
      const { message, hint } = scriptProblem(facts.problem);
      return { message: `${at(facts)}: ${message}.`, hint };
    },
    'migration-names': (facts) => ({
      message: `Not the name of a migration: ${facts.problems.map((problem) => nameProblem(problem, facts.pattern)).join('; ')}.`,
      hint: `${nameRemedy(facts.pattern)} Put files that are no migrations into another folder.`,
    }),
    'migration-versions': (facts) => ({
      message: `A version is taken twice: ${nameList(facts.files)}.`,
      hint: `Give the newer one the next free number; \`maj migrate new NAME\` finds it. If a longer part of the file name is the version, ${
        facts.pattern === undefined ? 'set' : 'correct'
      } MIGRATIONS_PATTERN.`,
    }),
    'migrations-foreign': (facts) => ({
      message: `${facts.folder} holds migrations that maj does not run, and so cannot rehearse: ${nameList(facts.files)}.`,
      hint: 'Set MIGRATIONS_DIR to the folder of the SQL scripts. If there are none, because the application changes its tables itself, make an empty folder and set MIGRATIONS_DIR to that (docs/applications.md).',
    }),
    'migration-encoding': (facts) => ({
      message: `${facts.file} is not UTF-8 text.`,
      hint: "Save it as UTF-8 and, where it sets another charset (SET NAMES latin1), set utf8mb4 there: the server takes its bytes for what it says. Bytes belong into a hexadecimal literal: X'00ff'.",
    }),
    'migration-transaction-open': (facts) => ({
      message: `${at(facts)}: the transaction that begins here is still open at the end of the script, and would be lost.`,
      hint: 'End it with COMMIT.',
    }),
    'migration-needs-previous': (facts) => ({
      message: `${at(facts)}: this asks about the statement before it, but maj records its progress in between.`,
      hint: 'Keep the number in a variable within one statement, or put both into a procedure.',
    }),
    'migration-way-back': (facts) => ({
      message: `${facts.file} also holds the statements that undo it, after the line “${facts.section}”. maj runs a script to its end, so it would run them too.`,
      hint: 'Delete that part of the script: maj undoes a migration with the backup (`maj restore`). Then run the same command again.',
    }),
    'migration-exists': (facts) => ({
      message: `${facts.path} is there already.`,
      hint: 'Choose another name.',
    }),
    'migration-name': (facts) => ({
      message: facts.name === '' ? 'The new migration needs a name.' : `“${facts.name}” makes no file name.`,
      hint: 'Use letters and digits: `maj migrate new add_invoices`.',
    }),
    'migration-own-scheme': (facts) => ({
      message: `maj cannot tell the next version from the names of the scripts in ${facts.folder}${
        facts.newest === undefined ? '' : ` (the newest is ${facts.newest})`
      }.`,
      hint: 'Create the file by hand, and give it the next version. Then run `maj migrate status`: it shows whether maj accepts the file.',
    }),
    'migrations-folder-missing': (facts) => ({
      message: `There is no folder of migrations; looked for ${facts.places.join(', ')}.`,
      hint: 'Set MIGRATIONS_DIR to the folder of the scripts, as it is named in the package too. If there are no scripts yet, if each package brings its own, or if the application changes its tables itself: make that folder in the project and leave it empty. (If MIGRATIONS_DIR is an absolute path, make it there.) `maj migrate new NAME` makes the first script.',
    }),
    'migrations-of-another': (facts) => ({
      message: `maj does not run the migration scripts in ${facts.folder}, because another user could have written them: ${
        {
          owner: `${facts.path} belongs to user ${facts.owner}`,
          writable: `every user of this machine may write to ${facts.path}`,
          group: `the group of ${facts.path} may write to it`,
        }[facts.stranger]
      }. Whoever writes them decides what is done to the database.`,
      hint: `Use \`maj upgrade VERSION\`, which takes the scripts from the package; \`maj rehearse VERSION\` tries that first. Or make sure that only user ${facts.uid} can write to the scripts and the folders above them. \`maj migrate status\`, \`baseline\`, \`adopt\` and \`accept\` work as it is: they only read the scripts.`,
    }),
    'migrations-refused': (facts) => ({
      message: `The scripts and the database do not agree:\n${facts.problems.map((problem) => `  - ${planProblem(problem)}`).join('\n')}`,
      hint: '`maj migrate status` shows every script and its state.',
    }),
    'migrate-to': (facts) => ({
      message: `${facts.version} is not the version of a script.`,
      hint: `Name one of ${nameList(facts.versions) || '(none)'}.`,
    }),
    'migration-still-running': (facts) => ({
      message: `The server still runs a statement of the run that died, for ${facts.seconds} s now, on connection ${facts.connection}: ${facts.statement}`,
      hint: `Wait for its end, then call this again; or end it with \`KILL ${facts.connection}\`, and it is undone.`,
    }),
    'migration-doubt': (facts) => ({
      message: `Whether statement ${facts.statement} of ${facts.of} of ${facts.file} (line ${facts.line}) was applied cannot be told: ${doubtText(facts.because)}`,
      hint: 'Put the backup from before this run back: `maj restore`. If you have looked and know, say so: `maj migrate mark-applied VERSION --because TEXT`, or mark-not-applied.',
      state: 'The database is as the run left it; nothing runs any more.',
    }),
    'migration-doubt-edited': (facts) => ({
      message: `Statement ${facts.statement} of ${facts.file} is in doubt, and is not in the script any more as it ran.`,
      hint: 'Put the script back as it was (git knows), then call this again; or put the backup back: `maj restore`.',
    }),
    'migration-doubt-word': (facts) => ({
      message:
        facts.problem === 'other-script'
          ? `Not ${facts.asked} is in doubt, but ${facts.file}.`
          : `The schema says otherwise: the statement of ${facts.file} was ${outcomeText(facts.problem)}.`,
      hint: '`maj migrate resume` goes by the evidence.',
    }),
    'migration-unfinished': (facts) => ({
      message: `${planProblem(facts.problem)}${facts.problem.error === undefined ? '' : ` It ended with: ${facts.problem.error}`}`,
      hint: 'Go on with `maj migrate resume`, which finds out what was applied; or put the backup from before it back: `maj restore`.',
    }),
    'migrations-not-rehearsed': (facts) => ({
      message: `Not rehearsed on a copy of the database as it is now: ${nameList(facts.files)}.`,
      hint: 'Rehearse with `maj rehearse`, or on the newest backup with `maj migrate --dry-run`; then call this again.',
    }),
    'migrations-moved': (facts) => ({
      message: `Another run has dealt with ${facts.file} in the meantime.`,
      hint: 'Look at `maj migrate status`, then call it again.',
    }),
    'migrations-locked': (facts) => ({
      message: `Another run is migrating ${facts.database} (database connection ${facts.connection}).`,
      hint: 'Wait until it has ended. If that run is dead, the server lets go of the lock when its connection ends.',
    }),
    'migration-lock-failed': (facts) => ({
      message: `The server could not say whether the lock ${facts.name} is free.`,
      hint: 'Try again; the server’s own log tells more.',
    }),
    'ledger-foreign': (facts) => ({
      message: `The table ${facts.table} is another program’s: ${
        facts.missing.length > 0
          ? `it has the columns ${facts.columns.join(', ')}, and not ${facts.missing.join(', ')}`
          : `its engine is ${facts.engine}, where a record must be an InnoDB table`
      }.`,
      hint: `${
        facts.missing.length > 0
          ? 'Take that record over: `maj migrate adopt --plan` shows what it says. Or make room'
          : 'Make room'
      }: \`RENAME TABLE ${facts.table} TO old_${facts.table}\`.`,
    }),
    'ledger-unreadable': (facts) => ({
      message: `The row ${facts.version} of ${facts.table} is not as maj writes it: ${facts.column}: ${facts.reason}.`,
      hint: 'Correct it by hand, or restore a backup.',
    }),
    'migration-failed': (facts) => ({
      message: failureMessage(facts.failure),
      hint: failureHint(facts.failure),
      state: failureState(facts.failure),
    }),
    'dry-run-failed': (facts) => ({
      message: `The dry run on the copy failed. ${failureMessage(facts.failure)}`,
      hint: dryRunHint(facts.failure, facts),
      state: 'The live database was not touched.',
    }),
    'dry-run-privilege': (facts) => ({
      message: `The live account may not do what ${facts.failure.file} does: ${
        facts.lacking === '' ? 'a privilege' : facts.lacking
      } on ${facts.database} is missing. On the copy the scripts run with its rights. ${failureMessage(facts.failure)}`,
      hint: `Have ${facts.lacking === '' ? 'what the statement needs' : facts.lacking} granted on ${facts.database} to the account of DB_USER, or take the statement out of ${facts.failure.file}. Then run the same command again.`,
      state: 'The live database was not touched.',
    }),
    'dry-run-denied': (facts) => ({
      message: `On the copy the scripts may reach their own database only. ${failureMessage(facts.failure)}`,
      hint: `${
        facts.onLive === undefined
          ? ''
          : facts.onLive
            ? 'The live account has this privilege; on a copy nobody has it. '
            : 'The live account does not have this privilege either. '
      }Take out of ${facts.failure.file} what reaches another database, an account or the server: no backup holds it.`,
      state: 'The live database was not touched.',
    }),
    'dry-run-outside': (facts) => ({
      message: `${facts.file}:${facts.line}: on the copy, statement ${facts.statement} or one before it tried to reach another database, an account or the server. The server refused that, and a routine hid the error; on the live server it might be done.`,
      hint: `Take it out of what ${facts.file} calls: no backup holds what is outside of the database.`,
      state: 'The live database was not touched.',
    }),
  } satisfies Partial<ErrorTexts>,
  steps: {
    'settle-doubt': (facts) => `Find out how far ${facts.file} came`,
    'wait-for-statement': (facts) =>
      `Wait for connection ${facts.connection}, which still runs: ${facts.statement}`,
    'write-baseline': (facts) =>
      `Write ${facts.scripts} applied scripts into the ledger of ${facts.database}`,
    migrate: (facts) => `Migrate ${facts.file} (${statements(facts.statements)})`,
  } satisfies Partial<StepTexts>,
  notes: {
    'migration-empty': (facts) => `${facts.file} holds no statement; it counts as applied.`,
    'after-each-idle': (facts) =>
      `An UPDATE in MIGRATIONS_AFTER_EACH found no row after ${facts.file}. Check its WHERE. If it writes the application’s own record of its version, that was not written.`,
    'migration-continued': (facts) => `${facts.file} goes on from statement ${facts.from} of ${facts.of}.`,
    'dry-run-unlike-live': (facts) =>
      `The live server cannot be asked: the scripts ran in the time zone, charsets and other settings of the throwaway server${
        facts.sqlMode === undefined ? ', and in its sql_mode (DB_SQL_MODE is not set)' : ''
      }, which may not be the live one’s.`,
    'dry-run-settings': (facts) =>
      `The throwaway server does not take these settings of the live one: ${facts.settings
        .map(({ name, value }) => `${name} = ${value}`)
        .join(', ')}. What the scripts make of rows may differ there.`,
  } satisfies Partial<NoteTexts>,
  results: {
    none: (facts: { partly: boolean }) =>
      facts.partly
        ? 'Nothing to do: every migration up to there is applied.'
        : 'Nothing to do: every migration is applied.',
    markQuestion: (facts: { version: string; outcome: 'applied' | 'not-applied' }) =>
      `Write into the ledger that the statement of ${facts.version} that is in doubt was ${outcomeText(facts.outcome)}?`,
    settled: (facts: { settlement: Settlement | undefined }) => settledText(facts.settlement),
    question: (facts: { files: readonly string[] }) => `Run on the live database: ${nameList(facts.files)}?`,
    applied: (facts: { files: readonly string[] }) => `Applied: ${nameList(facts.files)}.`,
    acceptQuestion: (facts: { file: string; applied: string; accepted: string }) =>
      `Take this text of ${facts.file} for as good as the one that was applied, without running it?\n  applied:  sha256 ${facts.applied}\n  accepted: sha256 ${facts.accepted}\n`,
    accepted: (facts: { file: string }) =>
      `Accepted: ${facts.file}. It was not run; the ledger keeps both texts' sums, and your reason.`,
    nothingToAccept: (facts: { file: string }) =>
      `Nothing to accept: maj already allows this text of ${facts.file}.`,
    baselineQuestion: (facts: { database: string; files: readonly string[] }) =>
      facts.files.length === 0
        ? `Make an empty ledger in ${facts.database}, as if no script had been applied yet?`
        : `Take for applied in ${facts.database}, without running them: ${nameList(facts.files)}?`,
    baselined: (facts: { files: readonly string[] }) =>
      facts.files.length === 0
        ? 'The ledger is made; every script is pending. Next, rehearse them: `maj rehearse VERSION` for the upgrade to a package, `maj rehearse` for scripts of your own.'
        : `Taken for applied: ${nameList(facts.files)}. Next, rehearse what is pending: \`maj rehearse VERSION\` for the upgrade to a package, \`maj rehearse\` for scripts of your own.`,
    created: (facts: { path: string }) => `Made ${facts.path}.`,
    dryRun: (facts: {
      backup: string;
      receipt: string;
      migrations: readonly MigrationResult[];
      measured: readonly Measured[];
      schemaDiff: readonly string[];
    }) => [
      facts.migrations.length === 0
        ? `Nothing is pending on backup ${facts.backup}, which is proven.`
        : `On a copy of backup ${facts.backup}, which is proven:`,
      ...indented(facts.migrations.flatMap((migration) => dryRunRows(migration, facts.measured))),
      ...diffLines(facts.schemaDiff),
      `Receipt: ${facts.receipt}`,
    ],
    status: (facts: {
      folder: string;
      migrations: readonly StatusRow[];
      problems: readonly PlanProblem[];
    }) => [
      `Migrations in ${facts.folder}:`,
      ...indented(facts.migrations.map(statusCells)),
      ...facts.migrations.flatMap(acceptedLines),
      ...facts.problems.map((problem) => `Problem: ${planProblem(problem)}`),
      ...statusEnd(facts.migrations, facts.problems),
    ],
  },
};
