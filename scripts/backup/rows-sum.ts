import { createHash } from 'node:crypto';
import { createRowCutter, type StatementBytes } from './load/row-statements.ts';
import type { PartWriter } from './store.ts';

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
