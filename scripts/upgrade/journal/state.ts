import type { SwitchPlan } from '../../release/types.ts';
import type { ProcessIdentity } from '../../system/process/identity.ts';
import type { Installation } from '../installation.ts';
import type { JournalLine } from './journal.ts';
import type { JournalStep } from './steps.ts';

/** What a run did and how far it came: read from its journal, never guessed. What has not happened is not given. */
export interface RunState {
  readonly run: string;
  readonly kind: 'upgrade' | 'apply' | 'go-back';
  readonly startedAt: string;
  /** The version before; null where the application did not tell. */
  readonly from: string | null;
  /** The version that was asked for, and once it is unpacked, that of the package. */
  readonly to: string;
  /** What was asked for, as it was written: a version or the path of a package. */
  readonly wanted: string;
  readonly retry: boolean;
  readonly allow: NonNullable<Line<'run-started'>['allow']>;
  /** The package; of a run that goes back, the backup. */
  readonly package: string;
  /** What it works on; undefined where its journal does not tell. */
  readonly installation: Installation | undefined;
  /** Who works, or worked, on it. */
  readonly holder: ProcessIdentity;
  readonly outcome: 'unfinished' | 'succeeded' | 'rolled-back' | 'abandoned';
  /** The last step that was started, and whether it ended well. */
  readonly lastStep?: { readonly step: JournalStep; readonly finished: boolean } | undefined;
  /** The steps that ended well, and how long each took where the journal says so. */
  readonly finished: readonly { readonly step: JournalStep; readonly durationMs: number | undefined }[];
  /** The folder of the staged tree, once there is one. */
  readonly staged?: string | undefined;
  /** What else is known of it. */
  readonly release?: Line<'staged'>['release'];
  /** What the window of an upgrade was opened with; where the logs were marked again within it, these marks. */
  readonly prepared?: Pick<Line<'prepared'>, 'receipt' | 'scripts' | 'logs'> | undefined;
  /** When the window was opened; ISO 8601. */
  readonly openedAt?: string | undefined;
  readonly maintenanceWas?: 'on' | 'off' | 'unmanaged' | undefined;
  /** The application's services may have been stopped: they are to be started again, whatever becomes of the run. */
  readonly servicesStopped: boolean;
  /** They may have been started again, and may have written since. */
  readonly servicesStarted: boolean;
  /** The backup that was taken inside the window. */
  readonly backup?: string | undefined;
  /** The renames of the switch, once it was about to be done. */
  readonly switchPlan?: SwitchPlan | undefined;
  /** The database may have been changed, by migrations or by going back to an older backup. */
  readonly migrationStarted: boolean;
  /** The first step of the run that failed. */
  readonly failed?: Pick<Line<'step-failed'>, 'step' | 'reason' | 'code' | 'at' | 'durationMs'> | undefined;
  /** Users could write after the run was cut off: what they wrote is in no backup of the run. */
  readonly usersWereIn: boolean;
  readonly rollingBack: boolean;
  /** A roll-back has put files and database back; users may have been let in again since. */
  readonly broughtBack: boolean;
  /** Why a roll-back was begun, if one was. */
  readonly failure?: string | undefined;
  /** Why the last try to roll it back failed. */
  readonly rollBackFailure?: string | undefined;
}

type Line<T extends JournalLine['type']> = Extract<JournalLine, { type: T }>;
type RunStart = Line<'run-started'>;

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

function startOf(line: RunStart): RunState {
  return {
    run: line.run,
    kind: line.kind ?? 'upgrade',
    startedAt: line.at,
    from: line.from,
    to: line.to,
    wanted: line.to,
    retry: line.retry ?? false,
    allow: line.allow ?? { reinstall: false, downgrade: false },
    package: line.package,
    installation: line.installation,
    holder: line.holder,
    outcome: 'unfinished',
    finished: [],
    servicesStopped: false,
    servicesStarted: false,
    migrationStarted: false,
    usersWereIn: false,
    rollingBack: false,
    broughtBack: false,
  };
}

function changeOf(line: Exclude<JournalLine, RunStart>, state: RunState): Partial<RunState> {
  switch (line.type) {
    case 'step-started':
      return {
        lastStep: { step: line.step, finished: false },
        servicesStopped: state.servicesStopped || line.step === 'stop-services',
        servicesStarted:
          state.servicesStarted || line.step === 'start-services' || line.step === 'start-services-again',
        migrationStarted: state.migrationStarted || line.step === 'migrate' || line.step === 'restore',
      };
    case 'step-finished':
      return {
        lastStep: { step: line.step, finished: true },
        finished: [...state.finished, { step: line.step, durationMs: line.durationMs }],
      };
    case 'step-failed':
      // What fails on the way back is told by the end of that.
      return state.rollingBack ? {} : { failure: line.reason, failed: state.failed ?? line };
    case 'staged':
      return { staged: line.folder, to: line.version, release: line.release };
    case 'prepared':
      return { prepared: line };
    case 'logs-marked':
      return { prepared: state.prepared === undefined ? undefined : { ...state.prepared, logs: line.logs } };
    case 'run-resumed':
      return { holder: line.holder };
    case 'users-were-in':
      return { usersWereIn: true };
    case 'maintenance-was':
      return { maintenanceWas: line.state, openedAt: state.openedAt ?? line.at };
    case 'backup-taken':
      return { backup: line.backup };
    case 'switch-planned':
      return { switchPlan: line.plan };
    case 'roll-back-started':
      return { failure: line.reason, holder: line.holder, rollingBack: true };
    case 'brought-back':
      return { broughtBack: true };
    case 'roll-back-failed':
      return { rollBackFailure: line.reason };
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

/** Whether a step has ended well. */
export const hasFinished = (state: Pick<RunState, 'finished'>, step: JournalStep): boolean =>
  state.finished.some((one) => one.step === step);

/** Whether the run came as far as the window: then at least maintenance has to be put back. */
export function enteredWindow(state: RunState): boolean {
  return state.maintenanceWas !== undefined;
}
