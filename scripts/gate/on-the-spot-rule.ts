import type { Context } from '../core/context.ts';
import type { Receipt, ReceiptScript } from '../rehearsal/receipt.ts';
import type { RefusalReason } from './check-commit.ts';
import type { LiveReason } from './compare-live.ts';

/** How long a push that somebody watches may wait for a rehearsal where GATE_AUTO_SECONDS says nothing. */
const patienceSeconds = 30;

/**
 * How long the last rehearsal may have taken for another one to be made during a push. 0: none is made. A program that pushes
 * shows nobody what it waits for, and so has to be told to wait. Pure.
 *
 * @param isWatched standard error is a terminal
 */
export const longestOnTheSpotMs = (
  { GATE_AUTO_SECONDS: seconds }: Pick<Context['config'], 'GATE_AUTO_SECONDS'>,
  isWatched: boolean,
): number => 1000 * (seconds ?? (isWatched ? patienceSeconds : 0));

/** What a rehearsal that passes does away with; one that was made here needs no signature, and no receipt of others. */
const curable: ReadonlySet<RefusalReason['kind']> = new Set([
  'scripts-differ',
  'script-settings-differ',
  'backup-too-old',
  'rehearsal-too-old',
  'receipts-unreachable',
  'signers-absent',
  'signatures-unchecked',
  'none-published',
  'receipt-distrusted',
  'receipt-foreign',
  'receipt-of-another',
]);

/** Milliseconds that the last rehearsal took which came to its end; undefined where there is none. Pure. */
export function lastRehearsalMs(
  receipts: readonly Pick<Receipt, 'result' | 'durationMs'>[],
): number | undefined {
  const last = receipts.find(({ result }) => result === 'passed')?.durationMs;
  return last === undefined ? undefined : last.backup + last.proof + last.migrations;
}

/**
 * Whether a refused commit is rehearsed during the push. One that has failed is not tried again: the rows may still be the same.
 * Nor is one whose rows would be too old at its end. Pure.
 */
export function isWorthATry(facts: {
  readonly reasons: readonly RefusalReason[];
  readonly scripts: readonly ReceiptScript[];
  readonly lastMs: number;
  readonly longestMs: number;
  readonly maxAgeMs: number;
}): boolean {
  const { reasons, scripts, lastMs, longestMs, maxAgeMs } = facts;
  if (lastMs >= longestMs || lastMs >= maxAgeMs) return false;
  return scripts.length > 0 && reasons.every(({ kind }) => curable.has(kind));
}

/** Why a rehearsal during a push came to nothing, where no receipt tells. */
export type SpotProblem = LiveReason | { readonly kind: 'stopped'; readonly why: string };
