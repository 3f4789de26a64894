import type { MajEvent } from '../core/events.ts';
import type { ExitCode } from '../core/exit-codes.ts';

/** How far something is; with its sentence, but for `bytes`. Names of steps and notes are those of the version that prints them. */
export type JsonEvent = WithText<MajEvent>;

type WithText<E> = E extends { readonly type: 'bytes' } ? Named<E> : Named<E> & { readonly text: string };

type Named<E> = {
  readonly [K in keyof E]: K extends 'step' | 'note' ? string : E[K];
};

/** What a verb has found out or done: its last line. */
export interface JsonResult {
  readonly type: 'result';
  readonly verb: string;
  readonly data: unknown;
}

/** Why a verb ended with another code than 0, instead of its result. */
export interface JsonError {
  readonly type: 'error';
  /** The name of the error, the same in every language. */
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly message: string;
  /** What state the system is in; not there if the error is a bug. */
  readonly state?: string;
  /** What to call next; not there if the error is a bug. */
  readonly hint?: string;
  readonly facts?: unknown;
}

/** A line of what `--json` prints. */
export type JsonLine = JsonEvent | JsonResult | JsonError;
