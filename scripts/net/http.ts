import { reasonOf } from '../core/errors.ts';

/** What a page answered. */
export interface Answer {
  readonly status: number;
  /** The beginning of the body, up to the limit that was asked for. */
  readonly body: string;
  /** Where a redirection points to. */
  readonly location: string | undefined;
}

/** A page that could not be had at all, with the reason in the system's words. */
export class NoAnswer extends Error {}

/**
 * Asks for a page. Redirections are not followed: a health page that sends to a login page is not healthy.
 *
 * @param options `limit`: how many bytes of the body to read; `signal`: gives the request up
 * @throws NoAnswer
 */
export async function getPage(
  url: string,
  timeoutMs: number,
  options: { readonly limit?: number; readonly signal?: AbortSignal } = {},
): Promise<Answer> {
  const { limit = 1_000_000, signal: given } = options;
  // Whole milliseconds only: anything else is an error of AbortSignal's, which must not pass for one of the network.
  const timeout = AbortSignal.timeout(Math.ceil(timeoutMs));
  const signal = given === undefined ? timeout : AbortSignal.any([timeout, given]);
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: '*/*', 'cache-control': 'no-cache', 'user-agent': 'maj' },
      signal,
    });
    const body = await readBody(response.body, limit);
    return { status: response.status, body, location: response.headers.get('location') ?? undefined };
  } catch (error) {
    throw new NoAnswer(networkReason(error, timeoutMs), { cause: error });
  }
}

async function readBody(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (stream !== null) {
    // Leaving the loop cancels the rest.
    for await (const chunk of stream) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= limit) break;
    }
  }
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8');
}

/** `fetch` says only "fetch failed"; the reason is in its cause, of several addresses tried in one of its errors. */
function networkReason(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${Math.ceil(timeoutMs)} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof AggregateError) return reasonOf(cause.errors[0]);
  return reasonOf(cause ?? error);
}
