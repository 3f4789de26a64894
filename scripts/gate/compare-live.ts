import { isWhereRehearsed, type LiveSchema, type Receipt } from '../rehearsal/receipt.ts';

/** What the live database says of itself; or why it says nothing. */
export type LiveState =
  | { readonly known: true; readonly schema: LiveSchema; readonly server: string }
  | { readonly known: false; readonly why: string };

/** Why the live database closes the gate. */
export type LiveReason =
  | { readonly kind: 'live-other-server' }
  | { readonly kind: 'live-differs' }
  | { readonly kind: 'live-unknown'; readonly why: string };

/**
 * Why a receipt that would open the gate does not: the live database is another one, or neither where the rehearsal began nor
 * where any of its scripts left it. Undefined: none. Pure.
 */
export function liveReason(
  receipt: Pick<Receipt, 'pending' | 'evidence' | 'schemaBefore' | 'database'>,
  live: LiveState,
  isRequired: boolean,
): LiveReason | undefined {
  if (!live.known) return isRequired ? { kind: 'live-unknown', why: live.why } : undefined;
  const rehearsed = receipt.database?.server;
  if (rehearsed !== undefined && rehearsed !== live.server) return { kind: 'live-other-server' };
  const isThere = [...receipt.pending, undefined].some((next) =>
    isWhereRehearsed(receipt, next, 0, live.schema),
  );
  return isThere ? undefined : { kind: 'live-differs' };
}
