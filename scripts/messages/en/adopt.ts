import { table } from '../../core/format.ts';
import type { AdoptionProblem } from '../../migrations/adopt/plan.ts';
import type { AdoptionSummary } from '../../migrations/adopt/read.ts';
import type { ErrorTexts, StepTexts } from '../texts.ts';

/** Why a record cannot be adopted, a line a problem. */
function problemText(problem: AdoptionProblem): string {
  switch (problem.kind) {
    case 'failed':
      return `${problem.entry} failed (success = 0). Repair it with Flyway, which knows how far it came, or by hand.`;
    case 'dirty':
      return `Version ${problem.entry} is dirty: it failed, and nothing tells how far it came. Repair it by hand, then \`migrate force VERSION\` of golang-migrate.`;
    case 'unfinished':
      return `${problem.entry} has no end_time: it did not finish. Finish it with Phinx, or by hand.`;
    case 'several-current':
      return `golang-migrate keeps one row, and here are several: ${problem.entries.join(', ')}.`;
    case 'not-a-number':
      return `${problem.entry} cannot be the number of a script, and no script has its name. Give a script its words as name.`;
    case 'ambiguous':
      return `${problem.entry} may be any of ${problem.files.join(', ')}. Give the scripts different names.`;
    case 'conflict':
      return `${problem.entry} has the number of ${problem.file}, but the name of ${problem.other}. Rename one of the two.`;
    case 'twice':
      return `${problem.file} is meant by several rows: ${problem.entries.join(', ')}.`;
    case 'one-row':
      return `The only row is ${problem.entry}. It is the version that the database is at, or the one script that was applied; ${problem.before.join(', ')} came before it. If it is the version, say so with --current.`;
    case 'not-one-row':
      return `--current is for a record of one row that holds a number; this one has ${problem.rows}.`;
    case 'no-match':
      return `No script is any of ${problem.entries.join(', ')}: every script would run.`;
  }
}

const adoptedTable = (facts: AdoptionSummary): string[] =>
  table(
    facts.adopted.map(({ file, entry, at, by }) => [
      file,
      entry ?? 'by the current version',
      at ?? 'time not recorded',
      by ?? '',
    ]),
  ).map((line) => `  ${line}`);

/** What is found, for the question, the plan and the result. */
function found(facts: AdoptionSummary): string[] {
  return [
    facts.adopted.length === 0
      ? `${facts.from} (${facts.program}) has no migration applied: every script is pending.`
      : `Applied, says ${facts.from} (${facts.program}):`,
    ...adoptedTable(facts),
    ...(facts.renamedTo === null ? [] : [`${facts.from} is renamed to ${facts.renamedTo}; all rows stay.`]),
    ...(facts.gone.length === 0
      ? []
      : [`Applied, but no longer among the scripts; left out: ${facts.gone.join(', ')}.`]),
    ...(facts.leftOut.length === 0
      ? []
      : [`Without a version (repeatable scripts and the like); left out: ${facts.leftOut.join(', ')}.`]),
    ...(facts.late.length === 0
      ? []
      : [
          `Not applied, though newer ones are: ${facts.late.join(', ')}. \`maj migrate\` will refuse these as out of order: give them a number above the newest, or take them away.`,
        ]),
  ];
}

const pendingText = (pending: readonly string[]): string =>
  pending.length === 0
    ? 'Nothing is pending.'
    : `Pending: ${pending.join(', ')}. Next, rehearse them: \`maj rehearse VERSION\` for the upgrade to a package, \`maj rehearse\` for scripts of your own.`;

/** What migrations/adopt/ says, in English. */
export const adopt = {
  errors: {
    'adopt-nothing': (facts) => ({
      message: `There is no other program’s record of migrations; looked for the tables ${facts.looked.join(', ')}.`,
      hint: 'Name another one with --from TABLE; or say what was applied: `maj migrate baseline VERSION`.',
    }),
    'adopt-several': (facts) => ({
      message: `Several tables look like a record of migrations: ${facts.tables.join(', ')}.`,
      hint: 'Name the one that counts: `maj migrate adopt --from TABLE`.',
    }),
    'adopt-from': (facts) => ({
      message:
        facts.why === 'missing'
          ? `There is no table ${facts.table}.`
          : `${facts.table} is a record of maj’s own.`,
      hint: 'Name a table of the database DB_NAME, in the case in which it is written there.',
    }),
    'adopt-unknown': (facts) => ({
      message: `The table ${facts.table} has a shape that is not known: ${facts.columns.join(', ')}. Known are:\n${facts.known.map((line) => `  - ${line}`).join('\n')}`,
      hint: `${
        facts.inTheWay
          ? `Make room for maj’s record, \`RENAME TABLE ${facts.table} TO old_${facts.table}\`, then say`
          : 'Name another table with --from TABLE, or say'
      } what was applied: \`maj migrate baseline VERSION\`.`,
    }),
    'adopt-name-taken': (facts) => ({
      message: `The name ${facts.table} is taken by another table: ${
        {
          ledger: 'maj keeps its record of migrations under it',
          backup: 'the old record would be kept under it',
          draft: 'the new record is written under it until it is whole',
        }[facts.purpose]
      }.`,
      hint: `Rename that table: \`RENAME TABLE ${facts.table} TO old_${facts.table}\`.`,
    }),
    'adopt-not-empty': () => ({
      message: 'The ledger of maj already holds scripts: an adoption comes before the first of them.',
      hint: '`maj migrate status` shows what it holds.',
    }),
    'adopt-refused': (facts) => ({
      message: `${facts.table} cannot be taken over as it is:\n${facts.problems.map((problem) => `  - ${problemText(problem)}`).join('\n')}`,
      hint: 'Correct that, and call this again; or say yourself what was applied: `maj migrate baseline VERSION`.',
    }),
    'adopt-failed': (facts) => ({
      message: `The record could not be written: ${facts.reason}.`,
      hint: `See that nothing else uses ${facts.table} and that DB_USER may CREATE, ALTER and DROP tables, then call this again.`,
      state: facts.lost
        ? 'The record is either as before or taken over: `maj migrate status` tells. No script was run.'
        : 'The record is as before; no script was run.',
    }),
    'adopt-moved': (facts) => ({
      message: `${facts.table}, or what stands beside it, has changed since it was shown.`,
      hint: 'See that no other program migrates the database, then call this again.',
    }),
  } satisfies Partial<ErrorTexts>,
  steps: {
    'write-adoption': (facts) =>
      `Write ${facts.scripts} applied scripts of ${facts.table} into the ledger of ${facts.database}`,
  } satisfies Partial<StepTexts>,
  results: {
    question: (facts: AdoptionSummary & { database: string }) =>
      [...found(facts), `Write this into the ledger of ${facts.database}, without running a script?`].join(
        '\n',
      ),
    planned: (facts: AdoptionSummary) => [
      ...found(facts),
      pendingText(facts.pending),
      'Nothing was written: `maj migrate adopt` without --plan does.',
    ],
    adopted: (facts: AdoptionSummary) => [
      ...found(facts),
      'This is in maj’s ledger now. Let maj alone migrate this database from here on.',
      pendingText(facts.pending),
    ],
  },
};
