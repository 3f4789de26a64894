import type { LogError } from '../../../application/log-lines.ts';
import type { DryRunResult } from '../../../migrations/dry-run.ts';
import type { FileChanges } from '../../../release/types.ts';
import { bytes, duration } from '../../format.ts';
import { findingLines } from './checks.ts';
import { statusLines } from './status.ts';
import { changeLines } from './release.ts';

/** How far an unfinished run came, in words. */
const progressText = (facts: { step: string | undefined; finished: boolean }): string =>
  facts.step === undefined
    ? 'it had not begun its first step'
    : `its last step was “${facts.step}”, ${facts.finished ? 'which had ended' : 'which had not ended'}`;

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

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

/** What upgrade/ and rehearsal/ say, in English. */
export const upgrade = {
  errors: {
    locked: (facts: {
      verb: string;
      since: string;
      pid: number;
      host: string;
      fate: string;
      path: string;
    }) => ({
      message: `maj ${facts.verb} is at work since ${facts.since} (process ${facts.pid} on ${facts.host}).`,
      hint:
        facts.fate === 'elsewhere'
          ? `It runs on another host, so nothing can be known of it here. When it is certain that it has ended: rm ${facts.path}`
          : 'Wait for it to end, then call again.',
    }),
    'locked-meanwhile': (facts: { path: string }) => ({
      message: 'Another run has just taken the lock.',
      hint: `Call again. If nothing else runs: rm ${facts.path}`,
    }),
    'upgrade-unfinished': (facts: {
      run: string;
      from: string | null;
      to: string;
      startedAt: string;
      step: string | undefined;
      finished: boolean;
      changed: boolean;
      maintenance: boolean;
      backup: string | undefined;
      letIn: boolean;
      failure: string | undefined;
    }) => ({
      message: [
        `The upgrade from ${facts.from ?? 'an unknown version'} to ${facts.to} (run ${facts.run}, begun ${facts.startedAt}) did not finish: ${progressText(facts)}.`,
        facts.letIn
          ? `Version ${facts.to} had passed every check; only letting users in and the records were left.`
          : facts.changed
            ? `Files or database may have been changed; the backup from before is ${facts.backup ?? 'not taken'}.`
            : 'Neither files nor database had been changed.',
        ...(facts.maintenance ? ['Maintenance may still be on.'] : []),
        ...(facts.failure === undefined ? [] : [`It was being rolled back because: ${facts.failure}`]),
      ].join('\n'),
      hint: facts.letIn
        ? '`maj upgrade --roll-back` ends the run and its maintenance. Version and database stay, for users may have written since.'
        : '`maj upgrade --roll-back` puts everything back as it was and ends the run; docs/recovery.md has the steps by hand.',
    }),
    'nothing-to-roll-back': () => ({
      message: 'There is no unfinished upgrade.',
      hint: 'To go back to a backup: `maj restore BACKUP`; `maj status` shows the newest one.',
    }),
    'upgrade-rolled-back': (facts: {
      from: string | null;
      to: string;
      reason: string;
      backup: string | undefined;
    }) => ({
      message: `The upgrade to ${facts.to} failed and was rolled back: ${facts.reason}`,
      hint: `Version ${facts.from ?? 'before'} runs again. Correct what the message names, then upgrade again.`,
      state:
        facts.backup === undefined
          ? 'The files are as before; the database had not been touched.'
          : `Files and database are as before, compared with backup ${facts.backup} and equal.`,
    }),
    'upgrade-not-rolled-back': (facts: {
      to: string;
      reason: string;
      problem: string;
      backup: string | undefined;
      projectDir: string;
    }) => ({
      message: `The upgrade to ${facts.to} failed (${facts.reason}), and rolling it back failed too: ${facts.problem}`,
      hint: `Correct that, then: maj upgrade --roll-back --project ${facts.projectDir} (it can be repeated). By hand: docs/recovery.md${facts.backup === undefined ? '' : `, with backup ${facts.backup}`}.`,
      state: 'Maintenance stays on. Files and database may be half-way.',
    }),
    'rehearsal-differs': (facts: { database: string; receipt: string }) => ({
      message: `The database ${facts.database} is no longer what was rehearsed (${facts.receipt}): its schema or its ledger has changed since.`,
      hint: 'Find out who changes the schema meanwhile, then upgrade again: it is rehearsed anew.',
    }),
    'scripts-changed': (facts: { files: readonly string[] }) => ({
      message: `The scripts are not those that were rehearsed: ${facts.files.join(', ') || 'there are others'}.`,
      hint: 'Find out who changes the files meanwhile, then upgrade again: it is rehearsed anew.',
    }),
    'new-log-errors': (facts: { errors: readonly LogError[] }) => ({
      message: [
        'The new version writes errors to its logs that the old one did not:',
        ...facts.errors
          .slice(0, 5)
          .map(
            ({ log, number, line, count }) =>
              `  ${log}${number === undefined ? '' : `:${number}`}: ${line.slice(0, 200)}${count > 1 ? ` (${count} times)` : ''}`,
          ),
      ].join('\n'),
      hint: 'Correct what the log names in the release, or take the log out of APP_LOGS.',
    }),
    'maintenance-stays': (facts: { to: string; reason: string }) => ({
      message: `The upgrade to ${facts.to} succeeded, but maintenance could not be ended: ${facts.reason}`,
      hint: 'Correct that, then: maj maintenance off',
      state: `Version ${facts.to} is in place and healthy; maintenance is still on.`,
    }),
  },
  steps: {
    check: () => 'Check that the application is well',
    rehearse: () => 'Rehearse on a throwaway server',
    'roll-back': () => 'Roll back',
    'prove-equal': () => 'Look for what differs from the backup',
  },
  notes: {
    'receipt-covers': (facts: { receipt: string }) => `already rehearsed, as ${facts.receipt}`,
    'maintenance-unmanaged': () =>
      'neither MAINTENANCE_FILE nor MAINTENANCE_ON is set: users can write during the upgrade, and what they write is lost if it is rolled back',
    'no-health-check': () => 'APP_HEALTH_URL is not set: a broken application will not be noticed',
    'rolling-back': (facts: { reason: string }) => `rolling back: ${facts.reason}`,
    'stray-kept': (facts: { path: string }) =>
      `the application had made this anew; it is kept as ${facts.path}`,
    'database-unchanged': () => 'the database is as it was',
    'server-differs': (facts: { live: string; rehearsed: string }) =>
      `the throwaway server is ${facts.rehearsed}, production ${facts.live}: a small risk remains`,
    'left-over': (facts: { path: string; reason: string }) =>
      `${facts.path} could not be cleaned up: ${facts.reason}`,
  },
  results: {
    plan: (facts: {
      from: string | null;
      to: string;
      package: string;
      pending: readonly string[];
      maintenance: string;
      health: string | undefined;
      rehearsal: string | undefined;
      backup: string;
      changes: FileChanges;
    }) => [
      `Upgrade ${facts.from ?? '(unknown version)'} -> ${facts.to} from ${facts.package}`,
      '  before the window:',
      '    verify and unpack the package',
      facts.rehearsal === undefined
        ? '    back up, prove the backup on a throwaway server, run the migrations there'
        : `    (rehearsed already: ${facts.rehearsal})`,
      '  the window:',
      `    maintenance on (${facts.maintenance})`,
      `    final backup into ${facts.backup}`,
      '    switch the files',
      ...changeLines(facts.changes).map((line) => `      ${line}`),
      facts.pending.length === 0 ? '    no migration' : `    migrations: ${facts.pending.join(', ')}`,
      `    check health (${facts.health ?? 'no APP_HEALTH_URL'})`,
      '    maintenance back to what it was',
      'Nothing was changed.',
    ],
    upgraded: (facts: {
      from: string | null;
      to: string;
      backup: string;
      migrations: readonly string[];
      windowMs: number;
      steps: readonly { step: string; durationMs: number }[];
      kept: string | null;
      run: string;
    }) => [
      `Upgraded ${facts.from ?? '(unknown version)'} -> ${facts.to}.`,
      `  window: ${duration(facts.windowMs)} (${facts.steps.map(({ step, durationMs }) => `${step} ${duration(durationMs)}`).join(', ')})`,
      `  migrations: ${facts.migrations.length === 0 ? 'none' : facts.migrations.join(', ')}`,
      `  backup from before: ${facts.backup}`,
      ...(facts.kept === null ? [] : [`  old files: ${facts.kept}`]),
      `  record: .maj/runs/${facts.run}`,
    ],
    settled: (facts: {
      from: string | null;
      to: string;
      outcome: 'rolled-back' | 'abandoned' | 'succeeded';
      backup: string | null;
    }) => {
      switch (facts.outcome) {
        case 'rolled-back':
          return [
            `Rolled back the unfinished upgrade to ${facts.to}: version ${facts.from ?? 'before'} is in place, ${facts.backup === null ? 'the database was not touched' : `the database equal to backup ${facts.backup}`}.`,
          ];
        case 'abandoned':
          return [`Ended the unfinished upgrade to ${facts.to}: it had changed neither files nor database.`];
        case 'succeeded':
          return [
            `The upgrade to ${facts.to} had passed every check, and users may have written since: it stays, and is closed as done.`,
            `To go back all the same, losing what they wrote: maj restore ${facts.backup ?? 'BACKUP'}`,
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
      ];
    },
    status: statusLines,
  },
};
