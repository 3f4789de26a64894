import { createHash, type Hash } from 'node:crypto';
import { canonicalLine } from './canonical.ts';
import type { PartId, PartKind } from './part.ts';
import type { PartWriter } from './store.ts';

/** What a part is compared by. */
export interface PartSum {
  readonly sha256: string;
  /** Of its canonical form; null for rows, which have none. */
  readonly canonicalSha256: string | null;
}

/** Hashes a part, and keeps nothing of it. */
export function hashPart(part: PartId, database: string): PartWriter<PartSum> {
  const plain = createHash('sha256');
  const canonical = part.section === 'rows' ? undefined : createCanonicalHash(part.kind, database);
  return {
    write: (data) => {
      plain.update(data);
      canonical?.update(data);
      return Promise.resolve();
    },
    finish: () =>
      Promise.resolve({ sha256: plain.digest('hex'), canonicalSha256: canonical?.digest() ?? null }),
    abort: () => undefined,
  };
}

/** Hashes the canonical form of a text, a line after the other, however its bytes are chunked. */
export function createCanonicalHash(
  kind: PartKind,
  database: string,
): { update(data: Buffer): void; digest(): string } {
  const hash: Hash = createHash('sha256');
  let started: Buffer[] = [];
  const take = (line: Buffer): void => {
    const text = canonicalLine(kind, line.toString('utf8'), database);
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
