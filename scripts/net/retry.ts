import { note, stopIfInterrupted, type Context } from '../core/context.ts';
import { MajError, refused } from '../core/errors.ts';
import { shownUrl } from '../system/urls.ts';
import { HttpFailure, networkFailure } from './request.ts';

/** How much and how long may be got, and how often it is tried. */
export interface HttpLimits {
  readonly bytes: number;
  /** For all tries together. */
  readonly totalMs: number;
  /** How long nothing may come. */
  readonly idleMs: number;
  /** Tries in a row that bring nothing. */
  readonly tries: number;
  /** The wait before the second try; it doubles with each. */
  readonly waitMs: number;
}

const longestWaitMs = 30_000;

type RetryContext = Pick<Context, 'signal' | 'clock' | 'report'>;

/**
 * Tries something of the network until it works, waiting longer each time, as long as that can help.
 *
 * @param address what it is about, for messages: shown without its query
 * @param attempt told the signal to stop at; says by `advanced` whether it got anything at all before it failed
 * @throws MajError `download-refused`, `download-not-found`, `download-tls`, `download-redirect`, `download-insecure`,
 *   `download-inward`, `download-too-large`, `download-failed`, all exit code 3; `interrupted`
 */
export async function withRetries<T>(
  context: RetryContext,
  address: string,
  limits: HttpLimits,
  attempt: (signal: AbortSignal) => Promise<T>,
  advanced: () => boolean = () => false,
): Promise<T> {
  const url = shownUrl(address);
  const timeUp = AbortSignal.timeout(limits.totalMs);
  const signal = AbortSignal.any([context.signal, timeUp]);
  for (let failed = 1; ; failed += 1) {
    try {
      return await attempt(signal);
    } catch (error) {
      stopIfInterrupted(context);
      if (!isOfNetwork(error)) throw error;
      const failure = networkFailure(error);
      if (timeUp.aborted)
        throw refused('download-too-slow', { url, totalMs: limits.totalMs }, { cause: error });
      if (failure.kind !== 'again') throw refusalOf(url, failure, limits);
      if (advanced()) failed = 1;
      if (failed >= limits.tries)
        throw refused('download-failed', { url, reason: failure.message, tries: failed }, { cause: failure });
      const waitMs = failure.waitMs ?? Math.min(limits.waitMs * 2 ** (failed - 1), longestWaitMs);
      note(context, 'download-again', { url, reason: failure.message, waitMs });
      await context.clock.sleep(waitMs, signal);
    }
  }
}

/** Errors of files, of this program and our own are not the network's. */
function isOfNetwork(error: unknown): boolean {
  if (error instanceof HttpFailure) return true;
  if (error instanceof MajError || !(error instanceof Error) || !('code' in error)) return false;
  return !('path' in error) && !/^ERR_(?!TLS|SSL|STREAM)/.test(String(error.code));
}

function refusalOf(url: string, failure: HttpFailure, limits: HttpLimits): Error {
  const { status, message: reason } = failure;
  const options = { cause: failure };
  switch (failure.kind) {
    case 'tls':
      return refused('download-tls', { url, reason }, options);
    case 'redirect':
      return refused('download-redirect', { reason }, options);
    case 'insecure':
      return refused('download-insecure', { url }, options);
    case 'inward':
      return refused('download-inward', { url, to: reason }, options);
    case 'too-large':
      return refused('download-too-large', { url, bytes: limits.bytes }, options);
    case 'status':
    case 'again':
      return status === 404 || status === 410
        ? refused('download-not-found', { url }, options)
        : refused('download-refused', { url, status: status ?? 0 }, options);
  }
}
