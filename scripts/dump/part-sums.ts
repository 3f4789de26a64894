import { createHash, type Hash } from 'node:crypto';
import { sha256OfText } from '../core/text-hash.ts';
import { canonicalLine, type CanonicalOptions } from './canonical.ts';
import type { PartId, PartKind } from './part.ts';
import { createRowCutter, type StatementBytes } from './row-statements.ts';
import type { PartWriter } from './store.ts';

/** What a part is compared by. */
export interface PartSum {
  readonly sha256: string;
  /** Of its canonical form; null for rows, which have none. */
  readonly canonicalSha256: string | null;
  /** The text of a structure, to show how it differs; null for rows, and for what is too long to show. Of events always. */
  readonly text: string | null;
}

/** Texts up to this many bytes are kept. */
const shownBytes = 64 * 1024;

/** Keeps a text that comes in pieces, unless it gets too long to show; that of events whole, since they are told apart by it. */
export function shownText(kind: PartKind): { add(data: Buffer): void; text(): string | null } {
  const kept: Buffer[] = [];
  const most = kind === 'events' ? Infinity : shownBytes;
  let bytes = 0;
  return {
    add: (data) => {
      bytes += data.length;
      // A copy: what comes is a view into a far larger chunk.
      if (bytes <= most) kept.push(Buffer.from(data));
    },
    text: () => (bytes > most ? null : Buffer.concat(kept).toString('utf8')),
  };
}

/** Hashes a part, and keeps nothing of it. */
export function hashPart(part: PartId, options: CanonicalOptions): PartWriter<PartSum> {
  const plain = createHash('sha256');
  const canonical = part.section === 'rows' ? undefined : createCanonicalHash(part.kind, options);
  const text = canonical === undefined ? undefined : shownText(part.kind);
  return {
    write: (data) => {
      plain.update(data);
      canonical?.update(data);
      text?.add(data);
      return Promise.resolve();
    },
    finish: () =>
      Promise.resolve({
        sha256: plain.digest('hex'),
        canonicalSha256: canonical?.digest() ?? null,
        text: text?.text() ?? null,
      }),
    abort: () => undefined,
  };
}

/** Hashes the canonical form of a text, a line after the other, however its bytes are chunked. */
export function createCanonicalHash(
  kind: PartKind,
  options: CanonicalOptions,
): { update(data: Buffer): void; digest(): string } {
  const hash: Hash = createHash('sha256');
  let started: Buffer[] = [];
  const take = (line: Buffer): void => {
    const text = canonicalLine(kind, line.toString('utf8'), options);
    if (text !== undefined) hash.update(text);
  };
  return {
    update: (data) => {
      let at = 0;
      for (;;) {
        const end = data.indexOf(0x0a, at);
        if (end < 0) break;
        take(Buffer.concat([...started, data.subarray(at, end + 1)]));
        started = [];
        at = end + 1;
      }
      if (at < data.length) started.push(data.subarray(at));
    },
    digest: () => {
      take(Buffer.concat(started));
      return hash.digest('hex');
    },
  };
}

/**
 * One hash for a whole dump: over those of its parts, in their order, each on a line. Over the text itself it would cost
 * as much again as the parts' own (measured: 6 % of a backup).
 */
export const dumpSum = (parts: readonly { readonly sha256: string }[]): string =>
  sha256OfText(parts.map(({ sha256 }) => `${sha256}\n`).join(''));

/** Hashes the INSERTs of some parts of a table, and not the lines that stand around them in the first and the last. */
export interface RowsSum {
  /** Takes one part, after those before it have been finished. */
  open(): PartWriter<undefined>;
  digest(): string;
}

/**
 * The same rows have the same sum, however the parts that they come in are cut: a dump of a table that has some of
 * another's rows begins and ends elsewhere.
 */
export function createRowsSum(): RowsSum {
  const hash = createHash('sha256');
  const take = (pieces: readonly StatementBytes[]): void => {
    for (const { kind, bytes } of pieces) if (kind === 'insert') hash.update(bytes);
  };
  return {
    open: () => {
      const cutter = createRowCutter();
      return {
        write: (data) => {
          take(cutter.push(data));
          return Promise.resolve();
        },
        finish: () => {
          take(cutter.end());
          return Promise.resolve(undefined);
        },
        abort: () => undefined,
      };
    },
    digest: () => hash.digest('hex'),
  };
}
