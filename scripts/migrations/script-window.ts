import { isAscii } from 'node:buffer';
import type { Position } from './lexer.ts';
import { byte, type Piece } from './script-bytes.ts';

/** The smallest piece of memory taken. */
const leastCapacity = 64 * 1024;
/** Zeros after the last byte: who looks a few bytes ahead sees nothing there. */
const padding = 64;

/**
 * The part of a script that is still needed, from the statement at hand to the end of the last chunk, and the offsets
 * that matter in it. It knows in which line and column of the whole script its bytes are.
 */
export class ScriptWindow {
  /** What comes next. */
  index = 0;
  /** Up to where the end of what comes next was searched for already; nothing, when it is before the index. */
  searched = 0;
  /** The first byte of the statement at hand; -1: none has begun. */
  start = -1;
  /** After its last byte that is neither comment nor blank; -1: there is none yet. */
  end = -1;
  /** A versioned comment that is open; else -1. */
  versioned = -1;

  #bytes: Buffer = Buffer.alloc(leastCapacity);
  #length = 0;
  /** The last place that was asked for; what is asked for next is not before it. */
  #known = { offset: 0, line: 1, column: 1 };

  /** What stands at the index. */
  piece(atEnd: boolean): Piece {
    return {
      bytes: this.#bytes,
      length: this.#length,
      atEnd,
      at: this.index,
      searched: this.searched,
      begun: this.start >= 0,
      versioned: this.versioned >= 0,
    };
  }

  /** Adds a chunk, and forgets what is done with: every offset goes down by as much. */
  append(chunk: Buffer): void {
    // With the byte before: it tells whether a dollar begins something.
    const from = Math.max(0, (this.start < 0 ? this.index : this.start) - 1);
    this.positionOf(from);
    this.#known.offset -= from;
    this.index -= from;
    this.searched -= from;
    if (this.start >= 0) this.start -= from;
    if (this.end >= 0) this.end -= from;
    if (this.versioned >= 0) this.versioned -= from;
    this.#move(from, chunk);
  }

  #move(from: number, chunk: Buffer): void {
    const bytes = this.#bytes;
    const kept = this.#length - from;
    const needed = kept + chunk.length + padding;
    // Twice what is needed, so that a statement of many chunks is copied a few times only; less again after it.
    if (needed > bytes.length || (bytes.length > leastCapacity && needed < bytes.length / 8))
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(needed * 2, leastCapacity));
    bytes.copy(this.#bytes, 0, from, this.#length);
    chunk.copy(this.#bytes, kept);
    this.#length = kept + chunk.length;
    this.#bytes.fill(0, this.#length, needed);
  }

  /** The bytes of the statement at hand, and where it begins; it is done with afterwards. */
  takeStatement(): { readonly bytes: Buffer; readonly position: Position } | undefined {
    const { start, end } = this;
    this.start = -1;
    this.end = -1;
    // What holds nothing but control characters is nothing to the clients, too.
    if (end <= start) return undefined;
    return { bytes: this.#bytes.subarray(start, end), position: this.positionOf(start) };
  }

  /** The line and column of an offset. It must not be before the last one that was asked for. */
  positionOf(offset: number): Position {
    const between = this.#bytes.subarray(0, offset);
    let { line, column } = this.#known;
    let from = this.#known.offset;
    for (;;) {
      const lineFeed = between.indexOf(byte.lineFeed, from);
      if (lineFeed < 0) break;
      line += 1;
      column = 1;
      from = lineFeed + 1;
    }
    column += charactersIn(between.subarray(from));
    this.#known = { offset, line, column };
    return { line, column };
  }
}

/** As JavaScript counts them: one with the first byte of each, and one more where UTF-16 takes two units. */
function charactersIn(bytes: Uint8Array): number {
  if (isAscii(bytes)) return bytes.length;
  let count = 0;
  for (const code of bytes) if (code < 0x80 || code >= 0xc0) count += code >= 0xf0 ? 2 : 1;
  return count;
}
