import type { Messages } from './terminal/messages/catalogue.ts';

type Texts = Messages['steps'];
type Notes = Messages['notes'];

/** The name of a step. */
export type StepName = keyof Texts;
/** The name of a note or warning. */
export type NoteName = keyof Notes;

type FactsOf<F> = F extends (...args: infer A) => unknown
  ? A extends []
    ? Record<string, never>
    : A[0]
  : never;

/** The facts that a step's text is made of. */
export type StepFacts<S extends StepName> = FactsOf<Texts[S]>;
/** The facts that a note's text is made of. */
export type NoteFacts<N extends NoteName> = FactsOf<Notes[N]>;

/** What the domain tells the world while it works. `terminal/` turns it into spinners, lines or NDJSON. */
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
