/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { LogError } from '../application/log-errors.ts';
import type { Others } from '../database/other-connections.ts';
import type { RunSettings } from '../rehearsal/receipt.ts';
import type { ProcessIdentity, ProcessPlace } from '../system/process/identity.ts';
import type { LostRows } from './go-back/lost-rows.ts';
import type { RunState } from './journal/state.ts';
import type { NoWayBack } from './needed-backups.ts';
import type { FailedRun } from './previous-failure.ts';
import type { ResumePlan } from './recovery/resume-plan.ts';
import type { InstallationDifference } from './recovery/same-installation.ts';
import type { TimedStep } from './timed-steps.ts';

type RunName = Pick<RunState, 'run' | 'kind' | 'from' | 'to'>;
type Holder = Pick<ProcessIdentity, 'pid' | 'host'>;

export type UnfinishedFacts = RunName &
  Holder &
  Pick<RunState, 'startedAt' | 'backup' | 'failure' | 'rollBackFailure'> & {
    step: string | undefined;
    finished: boolean;
    changed: boolean;
    maintenance: boolean;
    plan: ResumePlan;
    /** Where the process ran that left it. */
    where: ProcessPlace;
  };

declare module '../core/errors.ts' {
  interface Failures {
    'apply-half-way': Failure<'notRolledBack', { reason: string; problem: string }>;
    'locked-meanwhile': Failure<'locked', { path: string }>;
    'upgrade-unfinished': Failure<'unfinished', UnfinishedFacts>;
    'upgrade-at-work': Failure<'locked', RunName & Holder & { startedAt: string }>;
    'resume-refused': Failure<'unfinished', { run: string; to: string; reason: string; projectDir: string }>;
    'resume-lost': Failure<'refused', { what: string }>;
    'resume-changed': Failure<'refused', { differences: readonly string[]; others?: Others | undefined }>;
    'other-installation': Failure<
      'refused' | 'unfinished',
      RunName & { differences: readonly InstallationDifference[] }
    >;
    'nothing-to-resume': Failure<'refused'>;
    'failed-before': Failure<'refused', FailedRun & { from: string | null; package: string }>;
    'no-way-back': Failure<'refused', { installed: string | null; because: NoWayBack }>;
    'upgrade-rolled-back': Failure<
      'rolledBack',
      Pick<RunState, 'kind' | 'from' | 'to' | 'backup'> & { reason: string }
    >;
    'upgrade-not-rolled-back': Failure<
      'notRolledBack',
      {
        to: string;
        reason: string;
        problem: string;
        backup: string | undefined;
        /** Files and database are as before; what failed came after. */
        isBack: boolean;
        projectDir: string;
      }
    >;
    'rehearsal-differs': Failure<'refused', { database: string; receipt: string }>;
    'script-settings-differ': Failure<'refused', { rehearsed: RunSettings | undefined }>;
    'scripts-changed': Failure<'refused', { files: readonly string[] }>;
    'new-log-errors': Failure<'refused', { errors: readonly LogError[] }>;
    'maintenance-stays': Failure<'notRolledBack', { to: string; reason: string }>;
  }
}

declare module '../core/events.ts' {
  interface Steps {
    'remove-backup': { id: string };
    'remove-tree': { path: string };
    'complete-release': NoFacts;
    'switch-files': { version: string };
    'count-lost-rows': { backup: string };
    check: NoFacts;
    'check-resumable': NoFacts;
    rehearse: NoFacts;
    'roll-back': NoFacts;
    'prove-equal': NoFacts;
  }

  interface Notes {
    'backup-trashed': { id: string };
    'tree-trashed': { path: string; trash: string };
    'backup-broken': { id: string };
    'prune-failed': { reason: string };
    'receipt-covers': { receipt: string };
    'rolling-back': { reason: string };
    'window-was': { windowMs: number; steps: readonly TimedStep[] };
    'stray-kept': { path: string };
    'files-kept': { folder: string; paths: readonly string[] };
    'services-not-stopped-yet': { reason: string };
    'database-unchanged': NoFacts;
    'still-written-in-window': { tables: readonly string[]; others: Others | undefined };
    'rows-lost': { backup: string; takenAt: string; lost: readonly LostRows[] };
    'files-left-behind': { backup: string; takenAt: string; files: readonly string[] };
    'rows-kept': { backup: string };
    'rows-not-known': { backup: string; reason: string };
    'record-late': { path: string; reason: string };
  }
}
