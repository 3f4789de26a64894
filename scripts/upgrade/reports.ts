/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { LogError } from '../application/log-errors.ts';
import type { Others } from '../database/other-connections.ts';
import type { RunSettings } from '../rehearsal/receipt.ts';
import type { ProcessPlace } from '../system/process/identity.ts';
import type { LostRows } from './go-back/lost-rows.ts';
import type { NoWayBack } from './needed-backups.ts';
import type { ResumePlan } from './recovery/resume-plan.ts';
import type { InstallationDifference } from './recovery/same-installation.ts';

export interface UnfinishedFacts {
  kind: RunKind;
  run: string;
  from: string | null;
  to: string;
  startedAt: string;
  step: string | undefined;
  finished: boolean;
  changed: boolean;
  maintenance: boolean;
  backup: string | undefined;
  plan: ResumePlan;
  failure: string | undefined;
  rollBackFailure: string | undefined;
  /** Where the process ran that left it. */
  where: ProcessPlace;
  pid: number;
  host: string;
}

export type RunKind = 'upgrade' | 'apply' | 'go-back';

export interface WindowStep {
  step: string;
  durationMs: number | undefined;
  expectedMs?: number;
  failed?: true;
}

declare module '../core/errors.ts' {
  interface Failures {
    'apply-half-way': Failure<'notRolledBack', { reason: string; problem: string }>;
    'locked-meanwhile': Failure<'locked', { path: string }>;
    'upgrade-unfinished': Failure<'unfinished', UnfinishedFacts>;
    'upgrade-at-work': Failure<
      'locked',
      {
        kind: RunKind;
        run: string;
        from: string | null;
        to: string;
        startedAt: string;
        pid: number;
        host: string;
      }
    >;
    'resume-refused': Failure<'unfinished', { run: string; to: string; reason: string; projectDir: string }>;
    'resume-lost': Failure<'refused', { what: string }>;
    'resume-changed': Failure<'refused', { differences: readonly string[]; others?: Others | undefined }>;
    'other-installation': Failure<
      'refused' | 'unfinished',
      {
        run: string;
        kind: RunKind;
        from: string | null;
        to: string;
        differences: readonly InstallationDifference[];
      }
    >;
    'nothing-to-resume': Failure<'refused'>;
    'failed-before': Failure<
      'refused',
      {
        from: string | null;
        to: string;
        package: string;
        run: string;
        step: string;
        reason: string;
        at: string;
      }
    >;
    'no-way-back': Failure<'refused', { installed: string | null; because: NoWayBack }>;
    'upgrade-rolled-back': Failure<
      'rolledBack',
      {
        kind: RunKind;
        from: string | null;
        to: string;
        reason: string;
        backup: string | undefined;
      }
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
    'window-was': { windowMs: number; steps: readonly WindowStep[] };
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
