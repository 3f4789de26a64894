import type { MajError } from '../core/errors.ts';
import type { en } from './en/index.ts';
import type { ErrorText, ErrorTexts, NoteTexts, StepTexts } from './texts.ts';

/** One message: its facts in, its text out. */
type Widen<T> = T extends (...facts: infer F) => infer R
  ? (...facts: F) => Widen<R>
  : T extends string
    ? string
    : T extends object
      ? { readonly [K in keyof T]: Widen<T[K]> }
      : T;

/** Everything that a user can read, in one language. English is the reference; another language has its shape. */
export type Messages = Widen<Omit<typeof en, 'errors' | 'steps' | 'notes'>> & {
  readonly errors: ErrorTexts;
  readonly steps: StepTexts;
  readonly notes: NoteTexts;
};

/** What happened, what state the system is in and what to do next. */
export function describeError(error: MajError, messages: Messages): Required<ErrorText> {
  const text = errorText(messages, error.code, error.facts);
  return { ...text, state: text.state ?? messages.states[error.exitCode] };
}

/** The text of an error whose facts were checked against the code where it was made. */
export function errorText(messages: Messages, code: MajError['code'], facts: unknown): ErrorText {
  return (messages.errors[code] as (facts: unknown) => ErrorText)(facts);
}
