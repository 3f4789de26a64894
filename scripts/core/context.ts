import type { Config } from '../config/settings.ts';
import type { Clock } from './clock.ts';
import { interrupted, reasonOf } from './errors.ts';
import type { MajEvent, NoteFacts, NoteName, Report, StepFacts, StepName } from './events.ts';

/** What everything that acts is handed; nothing that acts takes it from anywhere else. */
export interface Context {
  /** The settings, parsed. */
  readonly config: Config;
  /** The folder that relative settings start from, and that holds `.env` and `.maj/`; absolute. */
  readonly projectDir: string;
  /** Where the user stands: relative files on the command line are looked for there; absolute. */
  readonly workingDir: string;
  readonly report: Report;
  readonly clock: Clock;
  /** Aborted by SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  /** The environment for child processes: the caller's, never holding our secrets. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Tells how far a running step is, in bytes. */
export type TellProgress = (done: number, total?: number) => void;

/**
 * Does a piece of work as a named step: tells when it starts, how far it is, and how it ended.
 * Whatever the work throws goes on to the caller.
 */
export async function inStep<S extends StepName, T>(
  context: Pick<Context, 'report' | 'clock'>,
  step: S,
  facts: StepFacts<S>,
  work: (progress: TellProgress) => Promise<T>,
): Promise<T> {
  const started = context.clock.monotonicMs();
  const passed = (): number => context.clock.monotonicMs() - started;
  context.report({ type: 'step-started', step, facts });
  try {
    const result = await work((done, total) =>
      context.report({ type: 'bytes', step, done, ...(total === undefined ? {} : { total }) }),
    );
    context.report({ type: 'step-finished', step, facts, durationMs: passed() });
    return result;
  } catch (error) {
    context.report({ type: 'step-failed', step, facts, durationMs: passed() });
    throw error;
  }
}

/** Says something worth knowing that is no step. */
export function note<N extends NoteName>(
  context: Pick<Context, 'report'>,
  name: N,
  facts: NoteFacts<N>,
): void {
  context.report({ type: 'note', note: name, facts } satisfies MajEvent);
}

/** Says something that the user should look at, though the work goes on. */
export function warn<N extends NoteName>(
  context: Pick<Context, 'report'>,
  name: N,
  facts: NoteFacts<N>,
): void {
  context.report({ type: 'warning', note: name, facts } satisfies MajEvent);
}

/** Throws if the user has asked to stop: called between pieces of work, never within one that must not be left half-way. */
export function stopIfInterrupted(context: Pick<Context, 'signal'>): void {
  if (context.signal.aborted) throw interrupted('interrupted', {});
}

/**
 * Does a piece of work that may wait for something that does not listen to the signal (a server, a lock), and ends that
 * as soon as the signal comes. What fails then was interrupted, whatever it says itself.
 *
 * @param end must return at once
 */
export async function endedBySignal<T>(
  context: Pick<Context, 'signal'>,
  end: () => void,
  work: () => Promise<T>,
): Promise<T> {
  context.signal.addEventListener('abort', end, { once: true });
  try {
    stopIfInterrupted(context);
    return await work();
  } catch (error) {
    throw context.signal.aborted ? interrupted('interrupted', {}, { cause: error }) : error;
  } finally {
    context.signal.removeEventListener('abort', end);
  }
}

/**
 * Does what is only bookkeeping or cleaning up: that it fails is told, and is no failure of what was done before it.
 *
 * @param path what it was about
 * @param tell `warn` where the user should look at it
 */
export async function orLeftOver(
  context: Pick<Context, 'report'>,
  path: string,
  work: () => Promise<unknown>,
  tell: typeof note | typeof warn = note,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    tell(context, 'left-over', { path, reason: reasonOf(error) });
  }
}
