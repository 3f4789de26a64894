import type { SwitchPlan } from '../release/types.ts';
import type { ProcessIdentity } from '../system/identity.ts';
import type { JournalLine } from './journal.ts';
import type { UpgradeStep } from './steps.ts';

/** What a run did and how far it came: read from its journal, never guessed. */
export interface RunState {
  readonly run: string;
  readonly startedAt: string;
  /** The version before; null where the application did not tell. */
  readonly from: string | null;
  /** The version that was asked for, and once it is unpacked, that of the package. */
  readonly to: string;
  readonly package: string;
  /** Who works, or worked, on it. */
  readonly holder: ProcessIdentity;
  readonly outcome: 'unfinished' | 'succeeded' | 'rolled-back' | 'abandoned';
  /** The last step that was started, and whether it ended well. */
  readonly lastStep: { readonly step: UpgradeStep; readonly finished: boolean } | undefined;
  /** The folder of the staged tree, once there is one. */
  readonly staged: string | undefined;
  readonly maintenanceWas: 'on' | 'off' | 'unmanaged' | undefined;
  /** The backup that was taken inside the window. */
  readonly backup: string | undefined;
  /** The renames of the switch, once it was about to be done. */
  readonly switchPlan: SwitchPlan | undefined;
  readonly migrationStarted: boolean;
  /** A roll-back has put files and database back; users may have been let in again since. */
  readonly broughtBack: boolean;
  /** Why a roll-back was begun, if one was. */
  readonly failure: string | undefined;
}

/** Folds the lines of a journal into the state of its run; undefined when they do not begin with a start. */
export function foldJournal(lines: readonly JournalLine[]): RunState | undefined {
  let state: RunState | undefined;
  for (const line of lines) {
    if (line.type === 'run-started') {
      state ??= startOf(line);
      continue;
    }
    if (state !== undefined) state = { ...state, ...changeOf(line, state) };
  }
  return state;
}

function startOf(line: Extract<JournalLine, { type: 'run-started' }>): RunState {
  return {
    run: line.run,
    startedAt: line.at,
    from: line.from,
    to: line.to,
    package: line.package,
    holder: line.holder,
    outcome: 'unfinished',
    lastStep: undefined,
    staged: undefined,
    maintenanceWas: undefined,
    backup: undefined,
    switchPlan: undefined,
    migrationStarted: false,
    broughtBack: false,
    failure: undefined,
  };
}

function changeOf(line: Exclude<JournalLine, { type: 'run-started' }>, state: RunState): Partial<RunState> {
  switch (line.type) {
    case 'step-started':
      return {
        lastStep: { step: line.step, finished: false },
        migrationStarted: state.migrationStarted || line.step === 'migrate',
      };
    case 'step-finished':
      return { lastStep: { step: line.step, finished: true } };
    case 'step-failed':
      return { failure: line.reason };
    case 'staged':
      return { staged: line.folder, to: line.version };
    case 'maintenance-was':
      return { maintenanceWas: line.state };
    case 'backup-taken':
      return { backup: line.backup };
    case 'switch-planned':
      return { switchPlan: line.plan };
    case 'roll-back-started':
      return { failure: line.reason, holder: line.holder };
    case 'brought-back':
      return { broughtBack: true };
    case 'roll-back-failed':
      return {};
    case 'run-finished':
      return { outcome: line.outcome };
  }
}

/** Whether files or database may differ from what they were: then a roll-back has to put them back. */
export function mayHaveChanged(state: RunState): boolean {
  return state.switchPlan !== undefined || state.migrationStarted;
}

/**
 * Whether users may have been let in to the new version, which had passed every check: what they have written since is
 * in no backup, so that going back would lose it.
 */
export function mayHaveLetIn(state: RunState): boolean {
  return state.lastStep?.step === 'maintenance-off' && state.failure === undefined;
}

/** Whether the run came as far as the window: then at least maintenance has to be put back. */
export function enteredWindow(state: RunState): boolean {
  return state.maintenanceWas !== undefined;
}
