import { bytes, databaseText, duration, nameList, oneLine } from '../../core/format.ts';
import type { DryRunResult } from '../../rehearsal/dry-run.ts';
import type { MetRows } from '../../rehearsal/fewer-rows.ts';
import type { ProcessPlace } from '../../system/process/identity.ts';
import { quoteWords } from '../../system/process/shell-words.ts';
import type { GoBackPlan, WentBack } from '../../upgrade/go-back/go-back.ts';
import type { LostRows } from '../../upgrade/go-back/lost-rows.ts';
import type { RunState } from '../../upgrade/journal/state.ts';
import type { Finished } from '../../upgrade/open-to-users.ts';
import type { UpgradePlan } from '../../upgrade/plan.ts';
import type { FailedRun } from '../../upgrade/previous-failure.ts';
import type { LosingPlan } from '../../upgrade/recovery/confirm-row-loss.ts';
import type { WhyNot } from '../../upgrade/recovery/resume-plan.ts';
import type { InstallationDifference } from '../../upgrade/recovery/same-installation.ts';
import type { EndedRun } from '../../upgrade/recovery/roll-back-unfinished.ts';
import type { UnfinishedFacts } from '../../upgrade/reports.ts';
import type { TimedStep } from '../../upgrade/timed-steps.ts';
import type { Upgraded } from '../../upgrade/upgrade.ts';
import type { ErrorTexts, NoteTexts, StepTexts } from '../texts.ts';
import { findingLines } from './checks.ts';
import { othersText } from './other-connections.ts';
import { changeLines, folderLines, some } from './release.ts';
import { statusLines } from './status.ts';

/** What a rehearsal met. */
const metText = ({ database, dumpBytes }: MetRows): string =>
  `${bytes(dumpBytes)}${database === undefined ? '' : ` of ${databaseText(database)}`}`;

/** How far an unfinished run came, in words. */
const progressText = (facts: { step: string | undefined; finished: boolean }): string =>
  facts.step === undefined
    ? 'it had not begun its first step'
    : `its last step was “${facts.step}”, ${facts.finished ? 'which had ended' : 'which had not ended'}`;

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** The steps of a window, how long each took, and how long it was expected to. */
const stepsText = (steps: readonly TimedStep[]): string =>
  steps
    .map(({ step, durationMs, expectedMs, failed }) => {
      const took = durationMs === undefined ? undefined : duration(durationMs);
      if (failed === true) return `${step} failed${took === undefined ? '' : ` after ${took}`}`;
      return `${step} ${took ?? 'cut off'}${expectedMs === undefined ? '' : ` of ${duration(expectedMs)}`}`;
    })
    .join(', ');

/** How long the window was, by step, beside what the rehearsal foretold. */
function windowText(facts: Finished): string {
  const expected = facts.expectedMs === undefined ? '' : `, expected ${duration(facts.expectedMs)}`;
  return `  window: ${duration(facts.windowMs)}${expected} (${stepsText(facts.steps)})`;
}

/** What of a table would be lost. */
function lostText({ table, now, before, since, filled }: LostRows): string {
  const columns = filled.map(({ column, rows }) => `${column} (${count(rows, 'row')})`).join(', ');
  const values = columns === '' ? '' : `; what stands in columns that it has not: ${columns}`;
  if (since === null)
    return `  ${table}: cannot be told row by row, for no primary key is the same in both; ${count(now, 'row')} now, ${before} then${values}`;
  const { added, changed, removed } = since;
  return `  ${table}: ${added} added, ${changed} changed, ${removed} removed${values}`;
}

/** How long the migrations took, and which one took longest. */
function ranText({ migrations, measured }: Pick<DryRunResult, 'migrations' | 'measured'>): string {
  const longest = migrations.toSorted((a, b) => b.seconds - a.seconds)[0];
  if (longest === undefined) return 'no migration is pending';
  const total = migrations.reduce((sum, migration) => sum + migration.seconds, 0);
  const copies = measured.some(
    ({ version, algorithm }) => version === longest.version && algorithm === 'COPY',
  );
  const how = `${duration(longest.seconds * 1000)}${copies ? ', copies a table' : ''}`;
  return `${count(migrations.length, 'migration')} in ${duration(total * 1000)}, longest ${longest.version} (${how})`;
}

const runWords = { upgrade: 'upgrade', apply: 'switch of files', 'go-back': 'way back' } as const;

const runText = (facts: { kind: RunState['kind']; from: string | null; to: string }): string =>
  `${runWords[facts.kind]} from ${facts.from ?? 'an unknown version'} to ${facts.to}`;

function whereText({ where, pid, host }: UnfinishedFacts): string[] {
  switch (where) {
    case 'here':
      return [];
    case 'other-boot':
      return ['This machine was restarted since.'];
    case 'other-container':
      return [
        `It ran in another container of this host, or outside of this one (process ${pid} there). maj cannot see from here whether it still runs: go on only when you are certain that it does not.`,
      ];
    case 'other-host':
      return [
        `It ran on another host (process ${pid} on ${host}). maj cannot see from here whether it still runs: go on only when you are certain that it does not.`,
      ];
  }
}

function lockHint(where: ProcessPlace, path: string): string {
  const byHand = `so maj cannot see whether it still runs. When you are certain that it has ended: rm ${path}`;
  switch (where) {
    case 'other-host':
      return `It was started on another host, ${byHand}`;
    case 'other-container':
      return `It was started in another container of this host, or outside of this one, ${byHand}`;
    case 'here':
    case 'other-boot':
      return 'Wait for it to end, then call again.';
  }
}

const installationWords: Readonly<Record<InstallationDifference['what'], string>> = {
  database: 'the database (DB_NAME)',
  server: 'its server (DB_HOST, DB_PORT, DB_SOCKET)',
  application: 'the application (APP_DIR)',
  layout: 'its layout (APP_LAYOUT)',
};

function installationHint(differences: readonly InstallationDifference[]): string {
  const options = quoteWords(differences.flatMap((difference) => difference.options));
  const moved = differences.some(({ what }) => what === 'server')
    ? ' Only where the server is the same and has another address by now: --server-moved.'
    : '';
  return `Call again with the settings of then, in .env, in the environment, or as options: ${options} (in DATABASE_URL, where that is set).${moved}`;
}

const whyNotText: Readonly<Record<WhyNot, string>> = {
  'rolling-back': 'it was being rolled back, and part of it may be undone already',
  failed: 'a step of it failed',
  'files-alone': 'it was `maj apply`, which is done again instead',
  unprepared: 'its record does not hold what it was begun with',
};

const failedText = ({ at, step, reason }: Omit<FailedRun, 'run'>): string =>
  `failed at ${at}, in the step “${step}”: ${reason}`;

/** Which of the two ways on a run wants, and why. */
function wayOnText({ plan, kind, from, to }: UnfinishedFacts): string {
  const back = `\`maj upgrade --roll-back\` puts everything back as it was${kind === 'go-back' ? `, to version ${from ?? 'before'}` : ''}`;
  switch (plan.kind) {
    case 'let-in':
      return `\`maj upgrade --resume\` ends the maintenance and the run. Version ${to} and the database stay as they are, because users may have written since.`;
    case 'begin-again':
      return '`maj upgrade --resume` begins it again, with its rehearsal if that still holds. `maj upgrade --roll-back` gives it up.';
    case 'go-on':
      return `\`maj upgrade --resume\` goes on with the step “${plan.from}”; ${back}. docs/recovery.md has the steps by hand.`;
    case 'impossible':
      return `It cannot be resumed, for ${whyNotText[plan.because]}. ${back}; docs/recovery.md has the steps by hand.`;
  }
}

/** What upgrade/ and rehearsal/ say, in English. */
export const upgrade = {
  errors: {
    locked: (facts) => ({
      message: `maj ${facts.verb} is at work since ${facts.since} (process ${facts.pid} on ${facts.host}).`,
      hint: lockHint(facts.where, facts.path),
    }),
    'locked-meanwhile': (facts) => ({
      message: 'Another run has just taken the lock.',
      hint: `Call again. If nothing else runs: rm ${facts.path}`,
    }),
    'upgrade-unfinished': (facts) => ({
      message: [
        `The ${runText(facts)} (run ${facts.run}, begun ${facts.startedAt}) did not finish: ${progressText(facts)}.`,
        facts.plan.kind === 'let-in'
          ? `Version ${facts.to} had passed every check; only letting users in and the records were left.`
          : facts.changed
            ? `Files or database may have been changed; the backup from before is ${facts.backup ?? 'not taken'}.`
            : 'Neither files nor database had been changed.',
        ...(facts.maintenance ? ['Maintenance may still be on.'] : []),
        ...(facts.failure === undefined ? [] : [`It was being rolled back because: ${facts.failure}`]),
        ...(facts.rollBackFailure === undefined ? [] : [`Rolling it back failed: ${facts.rollBackFailure}`]),
        ...whereText(facts),
      ].join('\n'),
      hint: wayOnText(facts),
    }),
    'upgrade-at-work': (facts) => ({
      message: `The ${runText(facts)} (run ${facts.run}, begun ${facts.startedAt}) is at work: process ${facts.pid} on ${facts.host}.`,
      hint: 'Wait for it to end, then call again.',
    }),
    'resume-refused': (facts) => ({
      message: `The run ${facts.run} to ${facts.to} was not resumed: ${facts.reason}`,
      hint: `Correct that, then call --resume again. Or put everything back: maj upgrade --roll-back --project ${facts.projectDir}`,
    }),
    'resume-lost': (facts) => ({
      message: `The unfinished run cannot be resumed, because something that it needs is gone: ${facts.what}.`,
      hint: 'Put everything back: maj upgrade --roll-back',
    }),
    'resume-changed': (facts) => ({
      message: `Something was changed after the run was cut off: ${nameList(facts.differences)}.${othersText(facts.others)}`,
      hint: 'Put everything back: maj upgrade --roll-back',
    }),
    'other-installation': (facts) => ({
      message: [
        `The ${runText(facts)} (run ${facts.run}) was of another installation than the settings name now:`,
        ...facts.differences.map(
          ({ what, was, is }) => `  ${installationWords[what]} was ${was}, and is ${is ?? 'not set'}`,
        ),
      ].join('\n'),
      hint: installationHint(facts.differences),
    }),
    'other-database': (facts) => ({
      message: `The backup ${facts.backup} is of the database ${facts.was}; the settings name ${facts.is}, which is left as it is.`,
      hint: `Call again with the settings of then: --db-name ${quoteWords([facts.was])}, or in the environment; where DATABASE_URL is set, name it there.`,
    }),
    'nothing-to-resume': () => ({
      message: 'There is no unfinished upgrade.',
      hint: 'To begin one: maj upgrade VERSION',
    }),
    'failed-before': (facts) => ({
      message: `The upgrade from ${facts.from ?? 'an unknown version'} to ${facts.to} with this very package ${failedText(facts)}`,
      hint: `If the fault is in the release, correct it: maj tries another package of ${facts.to} as a new one. If the reason is gone, call again with --retry. Record: .maj/runs/${facts.run}`,
    }),
    'no-way-back': (facts) => ({
      message: `There is no unfinished upgrade, and no version before ${facts.installed ?? 'the installed one'} to go back to: ${
        facts.because === 'not-upgraded'
          ? 'no upgrade of this project brought it'
          : 'the proven backup of that upgrade is not kept any more'
      }.`,
      hint: 'To go back to a backup: `maj restore BACKUP`; `maj backups` lists them.',
    }),
    'upgrade-rolled-back': (facts) => ({
      message: `${facts.kind === 'go-back' ? 'Going back' : 'The upgrade'} to ${facts.to} failed and was ${facts.kind === 'go-back' ? 'undone' : 'rolled back'}: ${facts.reason}`,
      hint: `Version ${facts.from ?? 'before'} runs again. Correct what the message names, then try again.`,
      state:
        facts.backup === undefined
          ? 'The files are as before; the database had not been touched.'
          : `Files and database are as before, compared with backup ${facts.backup} and equal.`,
    }),
    'upgrade-not-rolled-back': (facts) => ({
      message: `The upgrade to ${facts.to} failed (${facts.reason}), and rolling it back failed too: ${facts.problem}`,
      hint: `Correct that, then: maj upgrade --roll-back --project ${facts.projectDir} (it can be repeated). By hand: docs/recovery.md${facts.backup === undefined ? '' : `, with backup ${facts.backup}`}.`,
      state: facts.isBack
        ? 'Files and database are as before the upgrade. Maintenance stays on.'
        : 'Maintenance stays on. Files and database may be half-way.',
    }),
    'signing-key': (facts) => ({
      message: `The key ${facts.path} (GATE_SIGNING_KEY) cannot sign the receipt: ${facts.why}.`,
      hint: 'It has to be a private key that this user can read (chmod 600) and that has no passphrase; or the .pub file of one that an agent holds (ssh-add).',
    }),
    'signing-key-foreign': (facts) => ({
      message: `The key ${facts.path} (GATE_SIGNING_KEY) is not among the allowed signers in ${facts.file}${facts.why === '' ? '' : ` (${facts.why})`}: no gate would take its receipts.`,
      hint: `Put a line into ${facts.file}, and commit it: NAME namespaces="maj-receipt" followed by what is in the .pub file of the key${facts.key === '' ? '' : ` (${facts.key})`}.`,
    }),
    'receipt-not-found': (facts) => ({
      message: `There is no receipt ${facts.id} in .maj/receipts.`,
      hint: 'ls .maj/receipts shows those that there are, `maj rehearse` makes one.',
    }),
    'receipt-damaged': (facts) => ({
      message: `The receipt .maj/receipts/${facts.id}.json is not as it was written.`,
      hint: 'Rehearse again: `maj rehearse`.',
    }),
    'receipt-not-published': (facts) => ({
      message: `${facts.id === undefined ? `Receipts cannot be published on ${facts.remote}` : `The receipt ${facts.id} is kept here, but was not published on ${facts.remote}`}: ${facts.output}`,
      hint:
        facts.id === undefined
          ? 'Name another remote (--remote NAME), or try `git ls-remote` yourself. Nothing was rehearsed yet.'
          : `Once the remote can be pushed to: \`maj rehearse --publish --receipt ${facts.id}\`, which rehearses nothing again.`,
    }),
    'rehearsal-differs': (facts) => ({
      message: `The database ${facts.database} is no longer what was rehearsed (${facts.receipt}): its schema or its ledger has changed since.`,
      hint: 'Find out who changes the schema meanwhile, then upgrade again: it is rehearsed anew.',
    }),
    'script-settings-differ': (facts) => ({
      message: `DB_SQL_MODE, MIGRATIONS_PLACEHOLDERS or MIGRATIONS_AFTER_EACH has changed since the rehearsal. At the rehearsal, DB_SQL_MODE was ${
        facts.rehearsed?.sqlMode == null ? 'not set' : `“${facts.rehearsed.sqlMode}”`
      }, MIGRATIONS_PLACEHOLDERS was “${
        facts.rehearsed?.placeholders ?? ''
      }” and MIGRATIONS_AFTER_EACH was “${facts.rehearsed?.afterEach ?? ''}”.`,
      hint: 'Set them back to these values (of the last two, “” means: not set), then run the same command again.',
    }),
    'scripts-changed': (facts) => ({
      message: `The scripts are not those that were rehearsed: ${nameList(facts.files) || 'there are others'}.`,
      hint: 'Find out who changes the files meanwhile, then upgrade again: it is rehearsed anew.',
    }),
    'new-log-errors': (facts) => ({
      message: [
        'The new version writes errors to its logs that the old one did not:',
        ...facts.errors
          .slice(0, 5)
          .map(
            ({ log, number, line, count }) =>
              `  ${oneLine(log)}${number === undefined ? '' : `:${number}`}: ${line.slice(0, 200)}${count > 1 ? ` (${count} times)` : ''}`,
          ),
      ].join('\n'),
      hint: 'Correct what the log names in the release, or take the log out of APP_LOGS.',
    }),
    'maintenance-stays': (facts) => ({
      message: `The upgrade to ${facts.to} succeeded, but maintenance could not be ended: ${facts.reason}`,
      hint: 'Correct that, then: maj maintenance off',
      state: `Version ${facts.to} is in place and healthy; maintenance is still on.`,
    }),
  } satisfies Partial<ErrorTexts>,
  steps: {
    'count-lost-rows': (facts) => `Count what was written since the backup ${facts.backup}`,
    check: () => 'Check that the application is well',
    'check-resumable': () => 'Look whether anything was changed meanwhile',
    rehearse: () => 'Rehearse on a throwaway server',
    'roll-back': () => 'Roll back',
    'prove-equal': () => 'Look for what differs from the backup',
  } satisfies Partial<StepTexts>,
  notes: {
    'receipt-not-signed': (facts) => `the receipt ${facts.id} is kept, and not signed: ${facts.reason}`,
    'failure-not-published': (facts) =>
      `that it failed (receipt ${facts.id}) could not be published: ${facts.reason}`,
    'receipt-covers': (facts) => `already rehearsed, as ${facts.receipt}`,
    'maintenance-unmanaged': (facts) =>
      facts.stopped.length === 0
        ? 'neither MAINTENANCE_FILE nor MAINTENANCE_ON is set, so users can write during the upgrade. A roll-back loses what they write'
        : `neither MAINTENANCE_FILE nor MAINTENANCE_ON is set, so whatever ${facts.stopped.join(' and ')} does not stop can write during the upgrade. A roll-back loses what users write, also after the new version was started for its health check`,
    'rolling-back': (facts) => `rolling back: ${facts.reason}`,
    'window-was': (facts) =>
      `the window was open for ${duration(facts.windowMs)} (${stepsText(facts.steps)})`,
    'stray-kept': (facts) =>
      `during the switch the application wrote to a path that was just being moved. What it wrote is kept as ${oneLine(facts.path)}`,
    'files-kept': (facts) =>
      `while the new version was in place, these files were written to it, outside of APP_PERSIST. They are kept in ${facts.folder}:\n${folderLines(facts.paths)}`,
    'services-not-stopped-yet': (facts) =>
      `the services cannot be stopped from the tree of the new version; it is tried again when the old one is back: ${facts.reason}`,
    'database-unchanged': () => 'the database is as it was',
    'rehearsed-on-less': ({ now, before }) =>
      `this was rehearsed on far less than the time before: ${metText(now)}, before that ${metText(before)}. Check that DB_HOST and DB_NAME are those of the live database`,
    'server-differs': (facts) =>
      `the throwaway server is ${facts.rehearsed}, production ${facts.live}: a small risk remains`,
    'still-written-in-window': (facts) =>
      `The window is open, but somebody still writes to ${nameList(facts.tables)}. A roll-back would lose what is written after the last backup, or would fail because of it.${othersText(facts.others)}`,
    'rows-lost': (facts) =>
      [
        `going back to the backup ${facts.backup} (${facts.takenAt}) loses these rows, written since by users or by the migrations:`,
        ...facts.lost.map(lostText),
      ].join('\n'),
    'files-left-behind': (facts) =>
      `these files were written since ${facts.backup} (${facts.takenAt}), outside of APP_PERSIST. The older version will not have them. They stay in the tree that is put aside, and in the backup that is taken first:\n${folderLines(facts.files)}`,
    'rows-kept': (facts) => `what is in the database now is kept in the backup ${facts.backup}`,
    'rows-not-known': (facts) =>
      `users may have written since the backup ${facts.backup} was taken; keeping and counting that failed in part: ${facts.reason}`,
    'left-over': (facts) => `${facts.path} could not be cleaned up: ${facts.reason}`,
    'record-late': (facts) =>
      `the list of the files that are installed now stays in ${facts.path} until the next upgrade, which keeps it: ${facts.reason}`,
  } satisfies Partial<NoteTexts>,
  results: {
    plan: (facts: UpgradePlan) => [
      `Upgrade ${facts.from ?? '(unknown version)'} -> ${facts.to} from ${facts.package}`,
      '  before the window:',
      '    verify and unpack the package',
      facts.rehearsal === undefined
        ? '    back up, prove the backup on a throwaway server, run the migrations there'
        : `    (rehearsed already: ${facts.rehearsal})`,
      '    archive the files',
      '  the window:',
      `    maintenance on (${facts.maintenance})`,
      ...(facts.services.length === 0 ? [] : [`    stop the services (${facts.services.join(', ')})`]),
      `    final backup into ${facts.backup} (of the files only what has changed by then)`,
      '    switch the files',
      ...changeLines(facts.changes).map((line) => `      ${line}`),
      facts.pending.length === 0 ? '    no migration' : `    migrations: ${nameList(facts.pending)}`,
      ...(facts.services.length === 0 ? [] : ['    start the services']),
      `    check health (${facts.health ?? 'no APP_HEALTH_URL'})`,
      '    maintenance back to what it was',
      ...(facts.failedBefore === undefined
        ? []
        : [
            `  This very package ${failedText(facts.failedBefore)}`,
            '  It is tried again with --retry only.',
          ]),
      'Nothing was changed.',
    ],
    published: (facts: { receipt: string; remote: string }) => [
      `Published the receipt ${facts.receipt} on ${facts.remote}.`,
    ],
    upgraded: (facts: Upgraded) => [
      `Upgraded ${facts.from ?? '(unknown version)'} -> ${facts.to}.`,
      windowText(facts),
      `  migrations: ${facts.migrations.length === 0 ? 'none' : nameList(facts.migrations)}`,
      `  backup from before: ${facts.backup ?? 'none'}`,
      ...(facts.kept === null ? [] : [`  old files: ${facts.kept}`]),
      `  record: .maj/runs/${facts.run}`,
    ],
    goBackQuestion: (facts: GoBackPlan) =>
      [
        facts.lost.length === 0 ? 'No row is lost.' : 'The rows that were written since are lost.',
        ...(facts.files.length === 0
          ? []
          : [`${count(facts.files.length, 'file')} will not be in the older version.`]),
        'What is in APP_PERSIST stays as it is. A backup of everything is taken first.',
        `Go back from ${facts.from ?? 'the installed version'} to ${facts.to ?? 'the version before'}?`,
      ].join(' '),
    losingQuestion: ({ doing, kind, to, backup, lost, kept }: LosingPlan) => {
      const run = `unfinished ${runWords[kind]} to ${to}`;
      const written = `what was written since the backup ${backup}${lost === null ? ', which could not be counted' : ''}`;
      return [
        'Users, or services of the application, could write since the run was cut off.',
        doing === 'roll-back'
          ? `Take the ${run} back, losing ${written}?`
          : `Go on with the ${run}, losing ${written}${kind === 'go-back' ? '' : ', if it fails'}?`,
        kept === null ? 'No backup of it could be taken.' : `The backup ${kept} has it.`,
      ].join(' ');
    },
    wentBack: (facts: WentBack) => [
      `Went back ${facts.from ?? '(unknown version)'} -> ${facts.to}: the database is equal to backup ${facts.restored}.`,
      windowText(facts),
      `  backup of what was there: ${facts.backup ?? 'none'}`,
      ...(facts.kept === null ? [] : [`  files that were there: ${facts.kept}`]),
      ...some('  of these, written since, so not in the version that runs now', facts.files ?? []),
      `  record: .maj/runs/${facts.run}`,
    ],
    settled: (facts: Pick<EndedRun, 'kind' | 'from' | 'to' | 'outcome'> & { backup: string | null }) => {
      switch (facts.outcome) {
        case 'rolled-back':
          return [
            `Rolled back the unfinished ${runWords[facts.kind]} to ${facts.to}: version ${facts.from ?? 'before'} is in place, ${facts.backup === null ? 'the database was not touched' : `the database equal to backup ${facts.backup}`}.`,
          ];
        case 'abandoned':
          return [
            `Ended the unfinished ${runWords[facts.kind]} to ${facts.to}: it had changed neither files nor database.`,
          ];
        case 'succeeded':
          return [
            `The ${runWords[facts.kind]} to ${facts.to} had passed every check, and users may have written since: it stays, and is closed as done.`,
            'To go back all the same, losing what they wrote: maj upgrade --roll-back',
          ];
      }
    },
    rehearsed: (facts: {
      backup: string;
      backupBytes: number;
      proofMs: number;
      backupMs: number;
      dryRun: Pick<DryRunResult, 'migrations' | 'measured' | 'findings'>;
      receipt: string;
      /** What was rehearsed, where that is a package: as it was asked for, its version, and how long the receipt holds. */
      upgrade: { wanted: string; version: string; withinMs: number } | undefined;
    }) => {
      const { migrations, findings } = facts.dryRun;
      const open = findings.filter(({ allowed }) => allowed === undefined);
      const seconds = migrations.reduce((sum, migration) => sum + migration.seconds, 0);
      return [
        ...open.flatMap(findingLines),
        `${bytes(facts.backupBytes)} restored in ${duration(facts.proofMs)} and proven equal; ${[
          ranText(facts.dryRun),
          ...(migrations.length === 0 ? [] : [count(open.length, 'finding')]),
          `expected window ${duration(facts.backupMs + seconds * 1000)}`,
        ].join('; ')}.`,
        `Backup  ${facts.backup}`,
        `Receipt ${facts.receipt}`,
        ...(facts.upgrade === undefined
          ? []
          : [
              `Next    maj upgrade ${facts.upgrade.wanted}: within ${duration(facts.upgrade.withinMs)} it takes this rehearsal of ${facts.upgrade.version}, if nobody changes the schema or the scripts`,
            ]),
      ];
    },
    status: statusLines,
  },
};
