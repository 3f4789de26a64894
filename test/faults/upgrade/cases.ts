import {
  goBackSteps,
  rollBackSteps,
  upgradeSteps,
  type JournalStep,
} from '../../../scripts/upgrade/journal/steps.ts';

/** What a run is doing when it is struck. */
type Doing = 'upgrading' | 'rolling back' | 'going back';

/** What happens to it. */
type Blow =
  | 'SIGKILL'
  | 'SIGTERM'
  | 'project full'
  | 'application full'
  | 'temporary full'
  | 'application read-only'
  | 'application denied'
  | 'project denied'
  | 'server killed'
  | 'connections cut'
  | 'health failing'
  | 'hook failing';

/**
 * Just before the step's line is written, when it is on disk, half a step later, when its end is on disk; of a step that
 * moves files, after so many renames.
 */
type Moment = 'before' | 'begun' | 'middle' | 'after' | `rename ${number}`;

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
  'application denied',
  'project denied',
  'server killed',
  'connections cut',
  'health failing',
  'hook failing',
];

/** Steps that move files by renames, in the order of which anything may be missing for a moment. */
const moving: readonly JournalStep[] = ['switch', 'put-files-back'];
const renames: readonly Moment[] = [1, 2, 3, 4, 5, 6].map((count): Moment => `rename ${count}`);

const blowsAt = (step: JournalStep): Pick<FaultCase, 'blow' | 'moment'>[] => [
  ...(moving.includes(step) ? renames : []).map((moment) => ({ blow: 'SIGKILL' as const, moment })),
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
const allCases: readonly FaultCase[] = (['upgrading', 'rolling back', 'going back'] as const).flatMap(
  (doing) =>
    stepsOf[doing].flatMap((step, place) =>
      blowsAt(step).flatMap(({ blow, moment }, index): FaultCase[] => {
        const ways = ['resume', 'roll-back'] as const;
        const chosen = blow === 'SIGKILL' ? ways : [ways[(place + index) % 2] ?? 'resume'];
        return chosen.map((then) => ({ doing, step, blow, moment, then }));
      }),
    ),
);

/**
 * The cases that are run: all of them with FAULTS=all (`make test-faults`), every fortieth from the third on with
 * FAULTS=3/40, so that several machines, or several nights, can share them. Else one of those that kill, so that
 * `make test` stays short: another one for each flavour and layout, a migration that is killed among them.
 */
export function chosenCases(from: number): readonly FaultCase[] {
  const asked = process.env['FAULTS'];
  if (asked === 'all') return allCases;
  const [, first, of] = /^(\d+)\/(\d+)$/.exec(asked ?? '') ?? [];
  if (of !== undefined) return allCases.filter((_, index) => index % Number(of) === Number(first) - 1);
  const kills = allCases.filter(({ blow }) => blow === 'SIGKILL');
  const migrating = kills.findIndex(({ step, moment }) => step === 'migrate' && moment === 'middle');
  return [kills[(migrating + from * Math.floor(kills.length / 4)) % kills.length]].filter(
    (one) => one !== undefined,
  );
}

export const titleOf = ({ doing, step, blow, moment, then }: FaultCase): string =>
  `${doing}, ${blow} ${moment} “${step}”, then ${then}`;
