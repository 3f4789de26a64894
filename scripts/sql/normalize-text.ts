import { isUtf8 } from 'node:buffer';
import { refused } from '../core/errors.ts';

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const lineFeed = 10;
const carriageReturn = 13;

/**
 * A script as it is hashed and split: UTF-8 with LF line ends, without a byte order mark. Chunks may be cut anywhere;
 * no more than one of them, and a few bytes, is held.
 *
 * @param file its name, for the error
 * @throws MajError `migration-encoding` for what is not UTF-8, and for a zero byte: UTF-16 without a byte order mark
 *   can pass for UTF-8, and the vendors' clients refuse a zero byte as well
 */
export async function* normalChunks(
  chunks: AsyncIterable<Buffer>,
  file: string,
): AsyncGenerator<Buffer, void, undefined> {
  let held: Buffer = Buffer.alloc(0);
  let first = true;
  for await (const chunk of chunks) {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const whole = wholeLength(bytes);
    // A copy: who reads the file may use the chunk's memory again.
    held = Buffer.from(bytes.subarray(whole));
    if (whole === 0) continue;
    yield* normal(bytes.subarray(0, whole));
  }
  if (held.length > 0) yield* normal(held);

  function* normal(bytes: Buffer): Generator<Buffer, void> {
    if (!isUtf8(bytes) || bytes.includes(0)) throw refused('migration-encoding', { file });
    const marked = first && bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark);
    first = false;
    const text = withLineFeeds(marked ? bytes.subarray(byteOrderMark.length) : bytes);
    if (text.length > 0) yield text;
  }
}

/** How much of a chunk can be judged by itself: without a character that is not whole, or a CR that an LF may follow. */
function wholeLength(bytes: Buffer): number {
  const { length } = bytes;
  if (bytes[length - 1] === carriageReturn) return length - 1;
  for (let back = 1; back <= 3 && back <= length; back += 1) {
    const byte = bytes[length - back] ?? 0;
    if (byte < 0x80) return length;
    if (byte >= 0xc0) return back < sequenceLength(byte) ? length - back : length;
  }
  return length;
}

const sequenceLength = (lead: number): number => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2);

/** The same bytes with every CRLF as LF; a CR by itself stays. */
function withLineFeeds(bytes: Buffer): Buffer {
  let at = bytes.indexOf(carriageReturn);
  if (at < 0) return bytes;
  const text = Buffer.allocUnsafe(bytes.length);
  let from = 0;
  let length = 0;
  for (; at >= 0; at = bytes.indexOf(carriageReturn, at + 1)) {
    if (bytes[at + 1] !== lineFeed) continue;
    length += bytes.copy(text, length, from, at);
    from = at + 1;
  }
  length += bytes.copy(text, length, from);
  return text.subarray(0, length);
}
