/** The facts of a text that needs none. */
export type NoFacts = Record<string, never>;

/**
 * All steps, by their name, with the facts that their text is made of. Every folder adds its own, in its reports.ts.
 *
 * @public
 */
export interface Steps {}

/**
 * All notes and warnings, in the same way.
 *
 * @public
 */
export interface Notes {}

/** The name of a step. */
export type StepName = keyof Steps;
/** The name of a note or warning. */
export type NoteName = keyof Notes;

/** The facts that a step's text is made of. */
export type StepFacts<S extends StepName> = Steps[S];
/** The facts that a note's text is made of. */
export type NoteFacts<N extends NoteName> = Notes[N];

/** What the domain tells the world while it works. `cli/` turns it into spinners, lines or NDJSON. */
export type MajEvent =
  | { readonly type: 'step-started'; readonly step: StepName; readonly facts: unknown }
  | {
      readonly type: 'step-finished';
      readonly step: StepName;
      readonly facts: unknown;
      readonly durationMs: number;
    }
  | {
      readonly type: 'step-failed';
      readonly step: StepName;
      readonly facts: unknown;
      readonly durationMs: number;
    }
  | { readonly type: 'bytes'; readonly step: StepName; readonly done: number; readonly total?: number }
  | { readonly type: 'note'; readonly note: NoteName; readonly facts: unknown }
  | { readonly type: 'warning'; readonly note: NoteName; readonly facts: unknown };

/** Where events go. */
export type Report = (event: MajEvent) => void;
