import type { ErrorCode, ErrorFacts } from '../core/errors.ts';
import type { NoteFacts, NoteName, StepFacts, StepName } from '../core/events.ts';

/** What an error says: the event, the remedy, and the state of the system where the exit code does not tell it. */
export interface ErrorText {
  readonly message: string;
  readonly hint: string;
  readonly state?: string;
}

/** A text for every error that is declared. */
export type ErrorTexts = { readonly [C in ErrorCode]: (facts: ErrorFacts<C>) => ErrorText };
/** A text for every step that is declared: what the spinner says while it runs. */
export type StepTexts = { readonly [S in StepName]: (facts: StepFacts<S>) => string };
/** A text for every note that is declared. */
export type NoteTexts = { readonly [N in NoteName]: (facts: NoteFacts<N>) => string };
