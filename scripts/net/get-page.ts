import { networkFailure, send } from './request.ts';

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
  const wholeMs = Math.ceil(timeoutMs);
  const timeout = AbortSignal.timeout(wholeMs);
  const signal = given === undefined ? timeout : AbortSignal.any([timeout, given]);
  try {
    const response = await send(new URL(url), { 'cache-control': 'no-cache' }, { signal });
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Leaving the loop cuts off the rest.
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= limit) break;
    }
    const body = Buffer.concat(chunks).subarray(0, limit).toString('utf8');
    return { status: response.statusCode ?? 0, body, location: response.headers.location };
  } catch (error) {
    const reason = timeout.aborted ? `no answer within ${wholeMs} ms` : networkFailure(error).message;
    throw new NoAnswer(reason, { cause: error });
  }
}
