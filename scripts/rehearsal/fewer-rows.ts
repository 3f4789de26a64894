import { warn, type Context } from '../core/context.ts';
import type { Receipt, RehearsedDatabase } from './receipt.ts';

/** The rows that a rehearsal met: of which database, and how many bytes of a dump. */
export interface MetRows {
  readonly database: RehearsedDatabase | undefined;
  readonly dumpBytes: number;
}

/** Two dumps of next to nothing differ by more than half. */
const leastBytes = 10_000;

/**
 * The rehearsal before this one, where that met far more rows: this one may have been made on an empty database, or on a
 * developer's own. Of whatever database it was: that is how one mistakes them. Undefined where there is none. Pure.
 *
 * @param receipts newest first
 */
export function rehearsedOnMore(
  { number, dumpBytes }: Pick<Receipt, 'number' | 'dumpBytes'>,
  receipts: readonly Receipt[],
): MetRows | undefined {
  const before = receipts.find((receipt) => receipt.number < number && receipt.dumpBytes !== undefined);
  const bytesBefore = before?.dumpBytes ?? 0;
  if (before === undefined || dumpBytes === undefined) return undefined;
  const isMore = bytesBefore > 2 * dumpBytes && bytesBefore - dumpBytes >= leastBytes;
  return isMore ? { database: before.database, dumpBytes: bytesBefore } : undefined;
}

/** Says where a rehearsal met far fewer rows than the one before. */
export function warnOfFewerRows(
  context: Pick<Context, 'report'>,
  receipt: Receipt,
  receipts: readonly Receipt[],
): void {
  const before = rehearsedOnMore(receipt, receipts);
  const { database, dumpBytes = 0 } = receipt;
  if (before !== undefined) warn(context, 'rehearsed-on-less', { now: { database, dumpBytes }, before });
}
