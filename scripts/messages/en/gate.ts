import { age, databaseText, nameList } from '../../core/format.ts';
import type { DatabaseIdentity } from '../../database/whose.ts';
import type { GateReason, ScriptChange } from '../../gate/decide.ts';
import { nameOfRecord } from '../../migrations/names.ts';
import type { ErrorTexts, NoteTexts, StepTexts } from '../texts.ts';

function reasonText(reason: GateReason): string {
  switch (reason.kind) {
    case 'no-backup':
      return 'there is no backup';
    case 'no-proven-backup':
      return 'no backup is proven: none was restored and compared';
    case 'backup-too-old':
      return `the newest proven backup, ${reason.id}, is ${age(reason.ageMs)} old; ${age(reason.maxAgeMs)} are allowed`;
    case 'not-rehearsed':
      return 'nothing was rehearsed yet';
    case 'rehearsal-failed':
      return `the rehearsal of these migrations failed: ${reason.failure}`;
    case 'rehearsed-backup-gone':
      return `the backup of the rehearsal, ${reason.id}, is gone or not proven`;
    case 'rehearsal-too-old':
      return `the rehearsal is ${age(reason.ageMs)} old; ${age(reason.maxAgeMs)} are allowed`;
    case 'script-settings-differ':
      return 'DB_SQL_MODE, MIGRATIONS_PLACEHOLDERS or MIGRATIONS_AFTER_EACH has changed since the rehearsal';
    case 'scripts-differ':
      return `the commit holds other migrations than the rehearsal: ${nameList(reason.changes.map(changeText))}`;
  }
}

const changeText = (change: ScriptChange): string => `${nameOfRecord(change)} (${change.kind})`;

/** What gate/ says, in English. */
export const gate = {
  errors: {
    'gate-refused': (facts) => ({
      message: [
        `The push of ${facts.commit.slice(0, 12)} to ${facts.branch} is refused${facts.database === undefined ? '' : ` (database ${databaseText(facts.database)})`}:`,
        ...facts.reasons.map((reason) => `  - ${reasonText(reason)}`),
      ].join('\n'),
      hint: 'Run `maj rehearse` (npm run rehearse), then push again.',
    }),
    'gate-deletion': (facts) => ({
      message: `The push is refused: it would delete the deploy branch ${facts.branch}.`,
      hint: 'Delete it on the server itself if that is really meant.',
    }),
    'gate-input': () => ({
      message: 'Standard input does not hold what git hands to a pre-push hook.',
      hint: 'Call `maj gate` from .husky/pre-push, or name a commit: `maj gate --commit HEAD`.',
    }),
    'gate-git': (facts) => ({
      message: `git cannot tell what is pushed (${facts.command}): ${facts.output}`,
      hint: 'Run maj in the repository that is pushed, with git on PATH.',
    }),
  } satisfies Partial<ErrorTexts>,
  steps: {} satisfies Partial<StepTexts>,
  notes: {} satisfies Partial<NoteTexts>,
  results: {
    notDeploy: (facts: { branch: string }) => `gate: nothing goes to ${facts.branch}; open`,
    open: (facts: {
      branch: string;
      commit: string;
      receipt: string;
      backup: string;
      database: DatabaseIdentity | undefined;
      pending: number;
    }) =>
      `gate: ${facts.commit.slice(0, 12)} may go to ${facts.branch}: rehearsed as ${facts.receipt} on backup ${facts.backup}${facts.database === undefined ? '' : ` of ${databaseText(facts.database)}`}, ${facts.pending} pending ${facts.pending === 1 ? 'migration' : 'migrations'}`,
  },
};
