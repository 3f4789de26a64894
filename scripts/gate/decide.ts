import { isRunAlike, type Receipt, type ReceiptScript, type RunSettings } from '../rehearsal/receipt.ts';

/** What the gate knows of the backups: enough to tell a fresh, proven one. */
interface KnownBackup {
  readonly id: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly proven: boolean;
}

/** Everything that the decision rests on. */
export interface GateFacts {
  /** The migration scripts in the pushed commit, in order. */
  readonly scripts: readonly ReceiptScript[];
  readonly backups: readonly KnownBackup[];
  /** Newest first. */
  readonly receipts: readonly Receipt[];
  /** What makes of the scripts what is run. */
  readonly settings: RunSettings;
  readonly now: Date;
  readonly maxAgeMs: number;
}

/** A reason to refuse. */
export type GateReason =
  | { readonly kind: 'no-backup' }
  | { readonly kind: 'no-proven-backup' }
  | {
      readonly kind: 'backup-too-old';
      readonly id: string;
      readonly ageMs: number;
      readonly maxAgeMs: number;
    }
  | { readonly kind: 'not-rehearsed' }
  | { readonly kind: 'rehearsal-failed'; readonly failure: string }
  | { readonly kind: 'rehearsed-backup-gone'; readonly id: string }
  | { readonly kind: 'rehearsal-too-old'; readonly ageMs: number; readonly maxAgeMs: number }
  | { readonly kind: 'script-settings-differ' }
  | { readonly kind: 'scripts-differ'; readonly changes: readonly ScriptChange[] };

/** How the scripts of the commit differ from the rehearsed ones. */
export interface ScriptChange {
  readonly kind: 'added' | 'changed' | 'missing';
  readonly version: string;
  readonly name: string;
}

/** Open with the receipt that allows it, or closed with every reason. */
type GateDecision =
  | { readonly open: true; readonly receipt: Receipt }
  | { readonly open: false; readonly reasons: readonly GateReason[] };

/** Decides whether a commit may go to the deploy branch: pure. */
export function decideGate(facts: GateFacts): GateDecision {
  const reasons: GateReason[] = [...backupReasons(facts)];
  const covering = facts.receipts.find(
    (receipt) =>
      scriptChanges(receipt.scripts, facts.scripts).length === 0 &&
      isRunAlike(receipt.database, facts.settings),
  );
  const candidate = covering ?? facts.receipts[0];
  if (candidate === undefined) reasons.push({ kind: 'not-rehearsed' });
  else reasons.push(...receiptReasons(candidate, facts));
  return reasons.length === 0 && candidate !== undefined
    ? { open: true, receipt: candidate }
    : { open: false, reasons };
}

function backupReasons({ backups, now, maxAgeMs }: GateFacts): GateReason[] {
  if (backups.length === 0) return [{ kind: 'no-backup' }];
  const proven = backups.filter((backup) => backup.proven);
  const newest = proven.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0];
  if (newest === undefined) return [{ kind: 'no-proven-backup' }];
  const ageMs = now.getTime() - Date.parse(newest.createdAt);
  return ageMs > maxAgeMs ? [{ kind: 'backup-too-old', id: newest.id, ageMs, maxAgeMs }] : [];
}

function receiptReasons(receipt: Receipt, facts: GateFacts): GateReason[] {
  const { scripts, backups, settings, now, maxAgeMs } = facts;
  const reasons: GateReason[] = [];
  if (!isRunAlike(receipt.database, settings)) reasons.push({ kind: 'script-settings-differ' });
  const changes = scriptChanges(receipt.scripts, scripts);
  if (changes.length > 0) reasons.push({ kind: 'scripts-differ', changes });
  else if (receipt.result === 'failed') {
    reasons.push({ kind: 'rehearsal-failed', failure: receipt.failure ?? '' });
  }
  const backup = backups.find((candidate) => candidate.id === receipt.backup && candidate.proven);
  if (backup === undefined) reasons.push({ kind: 'rehearsed-backup-gone', id: receipt.backup });
  // What was met are the rows of the backup: a rehearsal is as old as they are.
  const ageMs = now.getTime() - Date.parse(backup?.createdAt ?? receipt.createdAt);
  if (ageMs > maxAgeMs) reasons.push({ kind: 'rehearsal-too-old', ageMs, maxAgeMs });
  return reasons;
}

/** How `scripts` differ from the `rehearsed` ones. */
export function scriptChanges(
  rehearsed: readonly ReceiptScript[],
  scripts: readonly ReceiptScript[],
): ScriptChange[] {
  const before = new Map(rehearsed.map((script) => [script.version, script]));
  const after = new Set(scripts.map((script) => script.version));
  const changes = scripts.flatMap(({ version, name, checksum }): ScriptChange[] => {
    const known = before.get(version);
    if (known === undefined) return [{ kind: 'added', version, name }];
    return known.checksum === checksum ? [] : [{ kind: 'changed', version, name }];
  });
  const missing = rehearsed.filter((script) => !after.has(script.version));
  return [...changes, ...missing.map(({ version, name }) => ({ kind: 'missing' as const, version, name }))];
}
