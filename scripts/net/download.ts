import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import type { Context, TellProgress } from '../core/context.ts';
import { sha256OfText } from '../core/text-hash.ts';
import {
  orFileFailed,
  privateFile,
  readIfThere,
  remove,
  statIfThere,
  writeWholeSync,
} from '../system/files.ts';
import { expectStatus, HttpFailure, request, type HttpRequest } from './request.ts';
import { withRetries, type HttpLimits } from './retry.ts';

type DownloadContext = Pick<Context, 'signal' | 'clock' | 'report'>;

/** What was begun: which version of what, so that no two versions are glued together. An address may hold a secret. */
const begunSchema = v.object({ addressSha256: v.string(), validator: v.nullable(v.string()) });
type Begun = v.InferOutput<typeof begunSchema>;

/** The statuses that say that there is nothing. */
const nothingThere: readonly number[] = [404, 410];

/** Those, and what stores of files (S3 among them) say of what is not there to those who may not list what is. */
export const nothingToSee: readonly number[] = [...nothingThere, 401, 403];

/** Gets a small text as `getBytes` does. */
export const getText = async (...wanted: Parameters<typeof getBytes>): Promise<string | undefined> =>
  (await getBytes(...wanted))?.toString('utf8');

/**
 * Gets a small file; undefined where there is none.
 *
 * @param absent the statuses that are taken for that
 * @throws MajError of `withRetries`
 */
export async function getBytes(
  context: DownloadContext,
  wanted: HttpRequest,
  limits: HttpLimits,
  absent: readonly number[] = nothingThere,
): Promise<Buffer | undefined> {
  return withRetries(context, wanted.url, limits, async (signal) => {
    const response = await request(wanted, limits.idleMs, signal);
    expectStatus(response, [200, ...absent], context.clock.now());
    if (response.statusCode !== 200) {
      response.destroy();
      return undefined;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limits.bytes) throw new HttpFailure('too-large', `more than ${limits.bytes} bytes`);
    }
    return Buffer.concat(chunks);
  });
}

/**
 * Gets a file. Where the connection is cut, or was cut in an earlier call, it goes on from there, if the server still has
 * the same version of it; else it begins anew. What is there of it stays when it fails.
 *
 * @param path of the file, which is private; what was begun is noted in `<path>.json`
 * @throws MajError of `withRetries`; `file-failed`
 */
export async function download(
  context: DownloadContext,
  wanted: HttpRequest,
  path: string,
  limits: HttpLimits,
  progress: TellProgress,
): Promise<void> {
  let before = 0;
  let now = 0;
  await withRetries(
    context,
    wanted.url,
    limits,
    async (signal) => {
      const begun = await readBegun(path, wanted.url);
      before = begun?.have ?? 0;
      now = before;
      const range = begun === undefined ? {} : { range: `bytes=${begun.have}-`, 'if-range': begun.validator };
      const headers = { ...wanted.headers, ...range };
      const response = await request({ ...wanted, headers }, limits.idleMs, signal);
      try {
        // Without a pause from here to the reading: what has come is lost when the connection ends before anyone reads.
        const start = startOf(context, response, path, begun, wanted.url);
        if (start === 'complete') return;
        now = start;
        const total = start + Number(response.headers['content-length'] ?? Number.NaN);
        if (total > limits.bytes) throw new HttpFailure('too-large', `${total} bytes`);
        await save(response, path, start, (done) => {
          now = done;
          if (done > limits.bytes) throw new HttpFailure('too-large', `more than ${limits.bytes} bytes`);
          progress(done, Number.isNaN(total) ? undefined : total);
        });
      } finally {
        response.destroy();
      }
    },
    () => now > before,
  );
  await remove(`${path}.json`);
}

interface Continued {
  readonly have: number;
  readonly validator: string;
}

async function readBegun(path: string, url: string): Promise<Continued | undefined> {
  const have = (await statIfThere(path))?.size ?? 0;
  const text = await readIfThere(`${path}.json`);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), begunSchema), text);
  if (have === 0 || !parsed.success || parsed.output.addressSha256 !== sha256OfText(url)) return undefined;
  const { validator } = parsed.output;
  return validator === null ? undefined : { have, validator };
}

/** From which byte on the answer is; whatever else was there is thrown away. */
function startOf(
  context: DownloadContext,
  response: IncomingMessage,
  path: string,
  begun: Continued | undefined,
  url: string,
): number | 'complete' {
  const range = response.headers['content-range'] ?? '';
  if (begun !== undefined && response.statusCode === 416) {
    if (Number(/^bytes \*\/(\d+)$/.exec(range)?.[1]) === begun.have) return 'complete';
    rmSync(path, { force: true });
    throw new HttpFailure('again', 'the server has less of it than we');
  }
  expectStatus(response, begun === undefined ? [200] : [200, 206], context.clock.now());
  if (begun !== undefined && response.statusCode === 206) {
    const from = Number(/^bytes (\d+)-/.exec(range)?.[1]);
    // Some servers take no notice of If-Range.
    const changed = (response.headers.etag ?? begun.validator) !== begun.validator;
    if (from === begun.have && (!changed || !begun.validator.startsWith('"'))) return begun.have;
    rmSync(path, { force: true });
    throw new HttpFailure('again', 'the file has changed on the server');
  }
  rmSync(path, { force: true });
  const started: Begun = { addressSha256: sha256OfText(url), validator: validatorOf(response) };
  orFileFailed(path, 'written', () =>
    writeFileSync(`${path}.json`, JSON.stringify(started), { mode: privateFile }),
  );
  return 0;
}

/**
 * What tells this version of a file from another byte by byte: an ETag that is not weak, or a time of change that is a
 * minute before the answer's (RFC 9110, 8.8.2.2 and 13.1.5).
 */
function validatorOf({ headers }: IncomingMessage): string | null {
  const { etag, date } = headers;
  if (etag?.startsWith('"') === true) return etag;
  const changed = headers['last-modified'];
  if (etag !== undefined || changed === undefined || date === undefined) return null;
  return Date.parse(date) - Date.parse(changed) >= 60_000 ? changed : null;
}

async function save(
  response: IncomingMessage,
  path: string,
  start: number,
  told: (done: number) => void,
): Promise<void> {
  const how = start === 0 ? 'w' : 'a';
  const file = orFileFailed(path, 'written', () => openSync(path, how, privateFile));
  try {
    await receive(
      response,
      (chunk) => orFileFailed(path, 'written', () => writeWholeSync(file, chunk)),
      start,
      told,
    );
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Writes each piece as it comes. Read as a stream, what had come and was still to be read would be lost with the
 * connection: a line that is cut every few kilobytes would bring nothing, for ever.
 */
function receive(
  response: IncomingMessage,
  write: (chunk: Buffer) => void,
  start: number,
  told: (done: number) => void,
): Promise<void> {
  let done = start;
  return new Promise((resolve, reject) => {
    response.on('data', (chunk: Buffer) => {
      try {
        write(chunk);
        done += chunk.length;
        told(done);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
        response.destroy();
      }
    });
    response.once('error', reject);
    response.once('end', () => {
      if (response.complete) resolve();
    });
    const cut = (): void => reject(new HttpFailure('again', 'the connection was closed before its end'));
    response.once('close', cut);
    // It will not tell a second time.
    if (response.destroyed) cut();
  });
}
