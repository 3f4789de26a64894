import {
  goBackSteps,
  rollBackSteps,
  upgradeSteps,
  type JournalStep,
} from '../../../scripts/upgrade/steps.ts';

/** What a run is doing when it is struck. */
export type Doing = 'upgrading' | 'rolling back' | 'going back';

/** What happens to it. */
export type Blow =
  | 'SIGKILL'
  | 'SIGTERM'
  | 'project full'
  | 'application full'
  | 'temporary full'
  | 'application read-only'
  | 'server killed'
  | 'connections cut'
  | 'health failing'
  | 'hook failing';

/** Just before the step's line is written, when it is on disk, half a step later, when its end is on disk. */
export type Moment = 'before' | 'begun' | 'middle' | 'after';

/** One case of the matrix: strike, then resume or roll back. */
export interface FaultCase {
  readonly doing: Doing;
  readonly step: JournalStep;
  readonly blow: Blow;
  readonly moment: Moment;
  readonly then: 'resume' | 'roll-back';
}

const stepsOf: Readonly<Record<Doing, readonly JournalStep[]>> = {
  upgrading: upgradeSteps,
  'rolling back': rollBackSteps,
  'going back': goBackSteps,
};

const killed: readonly Moment[] = ['before', 'begun', 'middle', 'after'];
const others: readonly Exclude<Blow, 'SIGKILL'>[] = [
  'SIGTERM',
  'project full',
  'application full',
  'temporary full',
  'application read-only',
  'server killed',
  'connections cut',
  'health failing',
  'hook failing',
];

const blowsAt = (): Pick<FaultCase, 'blow' | 'moment'>[] => [
  ...killed.map((moment) => ({ blow: 'SIGKILL' as const, moment })),
  ...others.map((blow) => ({
    blow,
    moment: blow === 'connections cut' ? ('middle' as const) : ('begun' as const),
  })),
];

/**
 * All of the matrix, from the lists of steps: a new step is covered by being in one. What is killed is resumed, and in
 * another case rolled back; most of the other blows are settled by the run itself, so that they take turns.
 */
export const allCases: readonly FaultCase[] = (['upgrading', 'rolling back', 'going back'] as const).flatMap(
  (doing) =>
    stepsOf[doing].flatMap((step, place) =>
      blowsAt().flatMap(({ blow, moment }, index): FaultCase[] => {
        const ways = ['resume', 'roll-back'] as const;
        const chosen = blow === 'SIGKILL' ? ways : [ways[(place + index) % 2] ?? 'resume'];
        return chosen.map((then) => ({ doing, step, blow, moment, then }));
      }),
    ),
);

/**
 * The cases that are run: all of them with FAULTS=all (`make test-faults`); else so few that `make test` stays short, from
 * another place for each server and layout.
 */
export function chosenCases(from: number): readonly FaultCase[] {
  if (process.env['FAULTS'] === 'all') return allCases;
  // Coprime to the number of cases a step has, so that moments and blows take turns.
  const stride = Math.floor(allCases.length / 2) + 1;
  return [0, 1].flatMap((one) => allCases[(from * 157 + one * stride) % allCases.length] ?? []);
}

export const titleOf = ({ doing, step, blow, moment, then }: FaultCase): string =>
  `${doing}, ${blow} ${moment} “${step}”, then ${then}`;
