import type { ErrorFacts } from '../../core/errors.ts';
import { age, databaseText, duration, nameList } from '../../core/format.ts';
import type { DatabaseIdentity } from '../../database/same-database.ts';
import type { ContentProblem } from '../../gate/commit-place.ts';
import type { LiveReason } from '../../gate/compare-live.ts';
import type { GateReason, ScriptChange } from '../../gate/decide.ts';
import type { PublishedReason } from '../../gate/published.ts';
import type { SpotProblem } from '../../gate/on-the-spot-rule.ts';
import { nameOfRecord } from '../../migrations/script-names.ts';
import type { ErrorTexts, NoteTexts, StepTexts } from '../texts.ts';

type Reason = GateReason | LiveReason | PublishedReason;

const distrust: Readonly<
  Record<Extract<PublishedReason, { kind: 'receipt-distrusted' }>['problem'], string>
> = {
  damaged: 'is not as it was written',
  unsigned: 'is not signed',
  edited: 'is not what was signed: it, or its signature, was changed',
  undated: 'does not say when its backup was taken and proven: an older maj has made it',
};

function reasonText(reason: Reason): string {
  switch (reason.kind) {
    case 'no-database':
      return 'nothing says of which database the rehearsal has to be: DB_NAME is set neither in maj.config.json nor in .env';
    case 'no-backup':
      return 'there is no backup';
    case 'no-proven-backup':
      return 'no backup is proven: none was restored and compared';
    case 'backup-incomplete':
      return `the backup ${reason.id} is not whole any more: ${reason.file} is gone or has another size`;
    case 'backup-in-future':
      return `the backup ${reason.id} is dated in the future (${reason.createdAt}), by a clock that was wrong`;
    case 'backup-too-old':
      return `the newest proven backup, ${reason.id}, is ${age(reason.ageMs)} old; ${age(reason.maxAgeMs)} are allowed`;
    case 'not-rehearsed':
      return 'nothing was rehearsed yet';
    case 'rehearsal-failed':
      return `the rehearsal of these migrations failed: ${reason.failure}`;
    case 'rehearsed-backup-gone':
      return `the backup of the rehearsal, ${reason.id}, is gone or not proven`;
    case 'rehearsal-in-future':
      return `the rows of the rehearsal are dated in the future (${reason.createdAt}), by a clock that was wrong`;
    case 'rehearsal-too-old':
      return `the rehearsal is ${age(reason.ageMs)} old; ${age(reason.maxAgeMs)} are allowed`;
    case 'live-other-server':
      return 'the live database is on another server than the one that was rehearsed';
    case 'live-differs':
      return 'the live database has another structure than the rehearsal met, and than any of its migrations leaves';
    case 'live-unknown':
      return `the live database has to be compared (GATE_REQUIRE_LIVE), and does not answer at once: ${reason.why}`;
    case 'receipts-unreachable':
      return `what others have rehearsed cannot be fetched from ${reason.remote}: ${reason.output}`;
    case 'signers-absent':
      return `what others have rehearsed cannot be checked: the commit ${reason.commit.slice(0, 12)}, which says whose receipts count, has no file ${reason.file}`;
    case 'signatures-unchecked':
      return 'what others have rehearsed cannot be checked: ssh-keygen is not on PATH';
    case 'none-published':
      return `nothing was rehearsed here, and no receipt is published${reason.remote === undefined ? ' here' : ' on the remote'}`;
    case 'receipt-distrusted':
      return `the published receipt ${reason.id} does not count: it ${distrust[reason.problem]}`;
    case 'receipt-foreign':
      return `the published receipt ${reason.id} does not count: it is signed with the ${reason.key}, which is not allowed (${reason.why})`;
    case 'receipt-of-another':
      return `the published receipt ${reason.id} is of another database, ${databaseText(reason.database)}`;
    case 'script-settings-differ':
      return 'DB_SQL_MODE, MIGRATIONS_PLACEHOLDERS or MIGRATIONS_AFTER_EACH has changed since the rehearsal';
    case 'scripts-differ':
      return `the commit holds other migrations than the rehearsal: ${nameList(reason.changes.map(changeText))}`;
  }
}

function rehearseHint(facts: ErrorFacts<'gate-refused'>): string {
  const { commit, inWorkingTree, lastMs, published, folder } = facts;
  const words = inWorkingTree ? 'rehearse' : `rehearse --commit ${commit.slice(0, 12)}`;
  const took = lastMs === undefined ? '' : ` The last rehearsal took ${duration(lastMs)}.`;
  return published
    ? `Run \`maj ${words} --publish\` where the rows are, with a key that GATE_ALLOWED_SIGNERS allows, or \`maj ${words}\` ${folder === '' ? 'here' : `in ${folder}`}; then push again.${took}`
    : `Run \`maj ${words}\` ${folder === '' ? `(./node_modules/.bin/maj ${words})` : `in ${folder}`}, then push again.${took}`;
}

/** Why a rehearsal during the push came to nothing. */
const spotProblemText = (problem: SpotProblem): string =>
  problem.kind === 'stopped'
    ? `it could not be rehearsed here and now: ${problem.why}`
    : problem.kind === 'live-unknown'
      ? `it could not be rehearsed here and now: the database does not answer at once: ${problem.why}`
      : reasonText(problem);

const wrongClock = 'Check the clock of this machine.';

/** What has to be done before a rehearsal helps. */
const reasonHints: Readonly<Partial<Record<Reason['kind'], string>>> = {
  'no-database': 'Set DB_NAME in maj.config.json, and commit it.',
  'signatures-unchecked': 'Install the OpenSSH client: apt install openssh-client.',
  'signers-absent':
    'Whoever first brings that file to a branch has to rehearse here: a push cannot say itself who may sign for it.',
  'receipt-of-another':
    'DB_NAME and GATE_DATABASE_SERVER say which database counts; `maj rehearse --json` has what a receipt says of its own.',
  'live-unknown': 'Start the database server, or correct the address in .env.',
  'live-other-server': 'Check that the address in .env is that of the live server.',
  'backup-in-future': wrongClock,
  'rehearsal-in-future': wrongClock,
};

const changeText = (change: ScriptChange): string => `${nameOfRecord(change)} (${change.kind})`;

function problemText(problem: ContentProblem): string {
  switch (problem.kind) {
    case 'outside':
      return `MIGRATIONS_DIR (${problem.path}) lies outside of the repository, so that no commit holds it`;
    case 'link':
      return `${problem.path} is a link that leads out of the commit, or nowhere`;
    case 'submodule':
      return `the migrations lie in the submodule ${problem.path}, whose commit ${problem.commit.slice(0, 12)} is not here`;
    case 'filter':
      return `git's filters cannot make ${problem.path} as a checkout has it: ${problem.output}`;
    case 'lfs':
      return `git-lfs keeps ${problem.path} elsewhere, and not in this repository`;
    case 'foreign':
      return `${problem.folder} holds migrations that maj does not run, and so cannot rehearse: ${nameList(problem.files)}`;
  }
}

function problemHint(problem: ContentProblem): string {
  switch (problem.kind) {
    case 'outside':
      return 'Set MIGRATIONS_DIR to a folder of the repository.';
    case 'link':
      return 'Commit the file itself, or what the link leads to.';
    case 'submodule':
      return `git submodule update --init ${problem.path}`;
    case 'filter':
      return 'Repair the filter: `git checkout` needs it as well.';
    case 'lfs':
      return 'git lfs fetch --all';
    case 'foreign':
      return 'Set MIGRATIONS_DIR to the folder of the SQL scripts. If the program that runs these migrations is all there is, the gate cannot guard this branch yet.';
  }
}

/** What gate/ says, in English. */
export const gate = {
  errors: {
    'gate-refused': (facts) => ({
      message: [
        `The push of ${facts.commit.slice(0, 12)} to ${facts.branch} is refused${facts.database === undefined ? '' : ` (database ${databaseText(facts.database)})`}:`,
        ...facts.reasons.map((reason) => `  - ${reasonText(reason)}`),
        ...(facts.problem === undefined ? [] : [`  - ${spotProblemText(facts.problem)}`]),
      ].join('\n'),
      hint: [...new Set(facts.reasons.map(({ kind }) => reasonHints[kind])), rehearseHint(facts)]
        .filter((hint) => hint !== undefined)
        .join(' '),
    }),
    'gate-deletion': (facts) => ({
      message: `The push is refused: it would delete the deploy ${facts.branches.length === 1 ? 'branch' : 'branches'} ${nameList(facts.branches)}${facts.mirror ? ', of which a mirror (git push --mirror) knows nothing here' : ''}.`,
      hint: facts.mirror
        ? 'Push the branches by name: `git push origin BRANCH`. A branch that is really to go is deleted on the server itself.'
        : 'Delete it on the server itself if that is really meant.',
    }),
    'gate-branch-of-remote': (facts) => ({
      message: `DEPLOY_BRANCH names ${facts.pattern}: on ${facts.remote} a branch is called without the name of the remote, and so this would guard nothing.`,
      hint: `Set DEPLOY_BRANCH=${facts.pattern.slice(facts.remote.length + 1)}.`,
    }),
    'gate-unsaid': (facts) => ({
      message: `The push to ${facts.branch} is refused: its name looks live, and there is neither maj.config.json nor .env in ${facts.folder} to say which branches are guarded.`,
      hint: `Put {"DEPLOY_BRANCH": "${facts.branch}"} into maj.config.json and commit it, so that every clone guards the same; for a project in a subfolder, call the gate there: \`maj gate --project FOLDER "$@"\`.`,
    }),
    'gate-bypass-reason': () => ({
      message: 'MAJ_GATE_BYPASS has to say why: it is kept with who pushed, when and what.',
      hint: 'MAJ_GATE_BYPASS="the shop is down, see ticket 12" git push …',
    }),
    'gate-content': (facts) => ({
      message: `The migrations of the commit ${facts.commit.slice(0, 12)} cannot be judged: ${problemText(facts.problem)}.`,
      hint: problemHint(facts.problem),
    }),
    'gate-input': () => ({
      message: 'Standard input does not hold what git hands to a pre-push or a pre-receive hook.',
      hint: 'Call `maj gate "$@"` from .husky/pre-push, or `maj gate` from hooks/pre-receive of the repository that is pushed to, before anything else reads the lines; or name a commit: `maj gate --commit HEAD`.',
    }),
    'gate-elsewhere': (facts) => ({
      message: `The push is refused: ${facts.folder} is not the repository that it goes to.`,
      hint: 'Call `maj gate` from hooks/pre-receive without a `cd` before it; --project FOLDER names the project.',
    }),
    'gate-input-empty': (facts) => ({
      message: facts.known
        ? 'The push is refused: git has something to push, and its lines did not reach the gate.'
        : 'The push is refused: standard input is empty, and it cannot be told whether git had nothing to push or its lines went elsewhere.',
      hint: 'Let the hook hand on git’s lines: `use_stdin: true` with lefthook; where several programs of one hook read them, read them once (`lines=$(cat)`) and give them to each (`printf \'%s\\n\' "$lines" | maj gate "$@"`).',
    }),
    'gate-git': (facts) => ({
      message: `git does not answer (${facts.command}): ${facts.output}`,
      hint: 'Run maj in the repository, with git on PATH, and with the name of a commit that it has.',
    }),
  } satisfies Partial<ErrorTexts>,
  steps: {} satisfies Partial<StepTexts>,
  notes: {
    'gate-came-around': (facts) =>
      `on the remote, ${facts.branch} is at the commit ${facts.commit.slice(0, 12)}, which this gate has not let through (git push --no-verify, or another clone)${facts.changes.length === 0 ? '' : `; not rehearsed here: ${nameList(facts.changes.map(changeText))}`}`,
    'gate-live-unknown': (facts) =>
      `the live database was not compared with what the rehearsal met: ${facts.why}`,
    'gate-live-elsewhere': () =>
      'the database that the settings reach is on another server than the one that was rehearsed, and was not compared with it',
    'gate-first-push': (facts) =>
      `nothing stands on ${facts.branch} yet: the settings and the allowed signers of the pushed commit itself count, this once`,
    'gate-rehearses': (facts) =>
      `no receipt allows ${facts.commit.slice(0, 12)} to go to ${facts.branch}: it is rehearsed now (the last time took ${duration(facts.expectedMs)}; Ctrl-C refuses the push)`,
    'gate-bypassed': (facts) =>
      `the gate is bypassed for ${facts.branch} by ${facts.by}: ${facts.reason} (kept in ${facts.path})`,
    'gate-unsaid': (facts) =>
      `there is neither maj.config.json nor .env in ${facts.folder}, so only this is guarded: ${facts.guarded.join(', ')}. Set DEPLOY_BRANCH in maj.config.json`,
  } satisfies Partial<NoteTexts>,
  results: {
    reason: reasonText,
    notDeploy: (facts: { branches: readonly string[] }) =>
      `gate: nothing goes to ${facts.branches.join(', ')}; open`,
    nothing: () => 'gate: git has nothing to push; open',
    open: (facts: {
      branch: string;
      commit: string;
      receipt: string;
      backup: string;
      database: DatabaseIdentity | undefined;
      pending: number;
      signedBy: string | undefined;
    }) =>
      `gate: ${facts.commit.slice(0, 12)} may go to ${facts.branch}: rehearsed as ${facts.receipt} on backup ${facts.backup}${facts.database === undefined ? '' : ` of ${databaseText(facts.database)}`}, ${facts.pending} pending ${facts.pending === 1 ? 'migration' : 'migrations'}${facts.signedBy === undefined ? '' : `, signed by ${facts.signedBy}`}`,
    goingBack: (facts: { branch: string; commit: string; beyond: readonly string[] }) => [
      `gate: ${facts.commit.slice(0, 12)} may go to ${facts.branch}: it ran before, and the database has all of its migrations, so that none would run`,
      ...(facts.beyond.length === 0
        ? []
        : [
            `gate: the code goes back, the database does not: ${nameList(facts.beyond)} stay${facts.beyond.length === 1 ? 's' : ''} applied. \`maj migrate\` refuses until a commit is there that holds them again`,
          ]),
    ],
  },
};
