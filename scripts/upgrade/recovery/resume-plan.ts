import { enteredWindow, mayHaveLetIn, type RunState } from '../journal/state.ts';
import type { JournalStep } from '../journal/steps.ts';

/** Why a run can only be taken back. */
export type WhyNot =
  /** It was being taken back already: part of it may be undone. */
  | 'rolling-back'
  /** A step of it failed: doing it again is for a run of its own. */
  | 'failed'
  /** Only files were being switched, by `maj apply`. */
  | 'files-alone'
  /** Its journal does not hold what its window was opened with. */
  | 'unprepared';

/** What becomes of a run that did not come to its end, when it is resumed. */
export type ResumePlan =
  /** Nothing of the live system had been changed: it is ended, and begun anew. */
  | { readonly kind: 'begin-again' }
  /** The window is gone through from here on. */
  | { readonly kind: 'go-on'; readonly from: JournalStep }
  /** The new version had passed every check; only users are still to be let in. */
  | { readonly kind: 'let-in' }
  | { readonly kind: 'impossible'; readonly because: WhyNot };

/** Decides how an unfinished run is resumed, from what its journal says. Pure. */
export function planResume(state: RunState): ResumePlan {
  const impossible = (because: WhyNot): ResumePlan => ({ kind: 'impossible', because });
  if (mayHaveLetIn(state)) return { kind: 'let-in' };
  if (state.kind === 'apply') return impossible('files-alone');
  if (!enteredWindow(state)) return { kind: 'begin-again' };
  if (state.rollingBack) return impossible('rolling-back');
  if (state.failed !== undefined) return impossible('failed');
  const isReady = state.release !== undefined && (state.kind === 'go-back' || state.prepared !== undefined);
  if (!isReady) return impossible('unprepared');
  return { kind: 'go-on', from: firstStep(state) };
}

/** The step of the window that was cut off, or comes next: those before it are looked at again, and change nothing. */
function firstStep(state: RunState): JournalStep {
  const order: readonly JournalStep[] = [
    'maintenance-on',
    'stop-services',
    'final-backup',
    'switch',
    state.kind === 'go-back' ? 'restore' : 'migrate',
    'clear-cache',
    'start-services',
    'check-health',
    'maintenance-off',
  ];
  const { step, finished } = state.lastStep ?? { step: 'maintenance-on', finished: false };
  const at = order.indexOf(step);
  if (at < 0) return 'maintenance-on';
  // A backup that was taken before files were moved is taken again, for rows may have been written since.
  const next = order[finished ? at + 1 : at] ?? 'maintenance-off';
  return next === 'switch' && state.switchPlan === undefined ? 'final-backup' : next;
}
