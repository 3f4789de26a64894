import { isAscii } from 'node:buffer';
import type { Position } from './lexer.ts';
import { byte, type Piece } from './script-bytes.ts';

/** The smallest piece of memory taken. */
const leastCapacity = 1024;
/** Zeros after the last byte: who looks a few bytes ahead sees nothing there. */
const padding = 64;

/**
 * The part of a script that is still needed, from the statement at hand to the end of the last chunk, and the offsets
 * that matter in it. It knows in which line and column of the whole script its bytes are.
 */
export class ScriptWindow implements Piece {
  bytes: Buffer = Buffer.alloc(leastCapacity);
  length = 0;
  atEnd = false;
  at = 0;
  searched = 0;
  start = -1;
  versioned = -1;
  /** After the last byte of the statement that is neither comment nor blank; -1: there is none yet. */
  end = -1;

  /** The last place that was asked for; what is asked for next is not before it. */
  #known = { offset: 0, line: 1, column: 1 };
  /** The first line feed after that place, or somewhere before: then it has to be searched for. */
  #lineFeed = -1;

  /** Adds a chunk, and forgets what is done with: every offset goes down by as much. */
  append(chunk: Buffer): void {
    // With the byte before: it tells whether a dollar begins something.
    const from = Math.max(0, (this.start < 0 ? this.at : this.start) - 1);
    this.positionOf(from);
    this.#known.offset -= from;
    this.#lineFeed = -1;
    this.at -= from;
    this.searched -= from;
    if (this.start >= 0) this.start -= from;
    if (this.end >= 0) this.end -= from;
    if (this.versioned >= 0) this.versioned -= from;
    this.#move(from, chunk);
  }

  #move(from: number, chunk: Buffer): void {
    const bytes = this.bytes;
    const kept = this.length - from;
    const needed = kept + chunk.length + padding;
    // Twice what is needed, so that a statement of many chunks is copied a few times only; less again after it.
    if (needed > bytes.length || (bytes.length > leastCapacity && needed < bytes.length / 8))
      this.bytes = Buffer.allocUnsafeSlow(Math.max(needed * 2, leastCapacity));
    // Not onto itself: what is kept may be a statement of many chunks.
    if (from > 0 || this.bytes !== bytes) bytes.copy(this.bytes, 0, from, this.length);
    chunk.copy(this.bytes, kept);
    this.length = kept + chunk.length;
    this.bytes.fill(0, this.length, needed);
  }

  /** The bytes of the statement at hand, and where it begins; it is done with afterwards. */
  takeStatement(): { readonly bytes: Buffer; readonly position: Position } | undefined {
    const { start, end } = this;
    this.start = -1;
    this.end = -1;
    // What holds nothing but control characters is nothing to the clients, too.
    if (end <= start) return undefined;
    return { bytes: this.bytes.subarray(start, end), position: this.positionOf(start) };
  }

  /** The line and column of an offset. It must not be before the last one that was asked for. */
  positionOf(offset: number): Position {
    let { line, column } = this.#known;
    let from = this.#known.offset;
    if (offset === from) return { line, column };
    for (let at = this.#nextLineFeed(from); at < offset; at = this.#nextLineFeed(from)) {
      line += 1;
      column = 1;
      from = at + 1;
    }
    column += charactersIn(this.bytes, from, offset);
    this.#known = { offset, line, column };
    return { line, column };
  }

  /** Searched for once, as a line may hold many statements. */
  #nextLineFeed(from: number): number {
    if (this.#lineFeed < from) {
      const found = this.bytes.indexOf(byte.lineFeed, from);
      this.#lineFeed = found < 0 ? Infinity : found;
    }
    return this.#lineFeed;
  }
}

/** As JavaScript counts them: one with the first byte of each, and one more where UTF-16 takes two units. */
function charactersIn(bytes: Buffer, from: number, to: number): number {
  if (to - from > 100 && isAscii(bytes.subarray(from, to))) return to - from;
  let count = 0;
  for (let at = from; at < to; at += 1) {
    const code = bytes[at] ?? 0;
    if (code < 0x80 || code >= 0xc0) count += code >= 0xf0 ? 2 : 1;
  }
  return count;
}
