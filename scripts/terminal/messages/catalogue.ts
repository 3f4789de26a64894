import type { en } from './en/index.ts';

/** What an error says: the event, the remedy, and the state of the system where the exit code does not tell it. */
export interface ErrorText {
  readonly message: string;
  readonly hint: string;
  readonly state?: string;
}

/** One message: its facts in, its text out. */
type Widen<T> = T extends (...facts: infer F) => infer R
  ? (...facts: F) => Widen<R>
  : T extends string
    ? string
    : T extends object
      ? { readonly [K in keyof T]: Widen<T[K]> }
      : T;

/** Everything that a user can read, in one language. English is the reference; another language has its shape. */
export type Messages = Widen<typeof en>;
