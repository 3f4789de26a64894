import type { Receipt, ReceiptScript } from '../rehearsal/receipt.ts';
import { scriptChanges, type ScriptChange } from './decide.ts';
import type { GateEntry } from './gate-log.ts';

/**
 * How what stands on a guarded branch came there without this gate: undefined where it was let through here, or is what
 * was rehearsed. Otherwise its scripts that differ from the rehearsed ones, as far as they are known here. Pure.
 *
 * @param commit what the remote has
 * @param scripts of that commit; undefined where it is not in this repository
 * @param receipts newest first
 */
export function findUngatedScripts(
  commit: string,
  record: readonly GateEntry[],
  scripts: readonly ReceiptScript[] | undefined,
  receipts: readonly Receipt[],
): readonly ScriptChange[] | undefined {
  if (record.some((entry) => entry.commit === commit)) return undefined;
  if (scripts === undefined) return [];
  const passed = receipts.filter(({ result }) => result === 'passed');
  const changes = passed.map((receipt) => scriptChanges(receipt.scripts, scripts));
  if (changes.some((each) => each.length === 0)) return undefined;
  return changes[0] ?? scriptChanges([], scripts);
}
