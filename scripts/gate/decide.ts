import type { DatabaseIdentity } from '../database/same-database.ts';
import {
  isFresh,
  isRunAlike,
  type Receipt,
  type ReceiptScript,
  type RunSettings,
} from '../rehearsal/receipt.ts';

/** What the gate knows of the backups: enough to tell a fresh, proven one that is there. */
export interface KnownBackup {
  readonly id: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly proven: boolean;
  /** A file of it that is gone, or has another size. */
  readonly missing: string | undefined;
}

/** Everything that the decision rests on. */
export interface GateFacts {
  /** The migration scripts in the pushed commit, in order. */
  readonly scripts: readonly CommitScript[];
  /** The database that counts; undefined: nothing says which. */
  readonly database: DatabaseIdentity | undefined;
  /** Its backups. */
  readonly backups: readonly KnownBackup[];
  /** Its receipts, newest first. */
  readonly receipts: readonly Receipt[];
  /** What makes of the scripts what is run. */
  readonly settings: RunSettings;
  readonly now: Date;
  readonly maxAgeMs: number;
}

/** A reason to refuse. */
export type GateReason =
  | { readonly kind: 'no-database' }
  | { readonly kind: 'no-backup' }
  | { readonly kind: 'no-proven-backup' }
  | { readonly kind: 'backup-incomplete'; readonly id: string; readonly file: string }
  | { readonly kind: 'backup-in-future'; readonly id: string; readonly createdAt: string }
  | {
      readonly kind: 'backup-too-old';
      readonly id: string;
      readonly ageMs: number;
      readonly maxAgeMs: number;
    }
  | { readonly kind: 'not-rehearsed' }
  | { readonly kind: 'rehearsal-failed'; readonly failure: string }
  | { readonly kind: 'rehearsed-backup-gone'; readonly id: string }
  | { readonly kind: 'rehearsal-in-future'; readonly createdAt: string }
  | { readonly kind: 'rehearsal-too-old'; readonly ageMs: number; readonly maxAgeMs: number }
  | { readonly kind: 'script-settings-differ' }
  | { readonly kind: 'scripts-differ'; readonly changes: readonly ScriptChange[] };

/** How the scripts of the commit differ from the rehearsed ones. */
export interface ScriptChange {
  readonly kind: 'added' | 'changed' | 'missing';
  readonly version: string;
  readonly name: string;
  /** Of the script in the commit, from the root of the repository. */
  readonly path?: string;
}

/** A script of a commit. */
export type CommitScript = ReceiptScript & { readonly path?: string };

/** Open with the receipt that allows it, or closed with every reason. */
export type GateDecision =
  | { readonly open: true; readonly receipt: Receipt }
  | { readonly open: false; readonly reasons: readonly GateReason[] };

/** Decides whether a commit may go to the deploy branch: pure. */
export function decideGate(facts: GateFacts): GateDecision {
  const common: readonly GateReason[] = [
    ...(facts.database === undefined ? [{ kind: 'no-database' as const }] : []),
    ...backupReasons(facts),
  ];
  const judged = candidates(facts).map((receipt) => ({ receipt, reasons: receiptReasons(receipt, facts) }));
  const best = judged.find(({ reasons }) => reasons.length === 0) ?? judged[0];
  if (best === undefined) return { open: false, reasons: [...common, { kind: 'not-rehearsed' }] };
  const reasons = [...common, ...best.reasons];
  return reasons.length === 0 ? { open: true, receipt: best.receipt } : { open: false, reasons };
}

/**
 * The receipts that may allow a commit, newest first: those of its scripts, down to a rehearsal that failed, since the rows
 * may be such by now. Where there is none, the newest one, which tells what is different.
 */
function candidates({ receipts, scripts, settings }: GateFacts): readonly Receipt[] {
  const covering = receipts.filter(
    (receipt) =>
      scriptChanges(receipt.scripts, scripts).length === 0 && isRunAlike(receipt.database, settings),
  );
  const failed = covering.findIndex(({ result }) => result === 'failed');
  if (covering.length === 0) return receipts.slice(0, 1);
  return covering.slice(0, failed < 0 ? covering.length : Math.max(failed, 1));
}

function backupReasons(facts: GateFacts): GateReason[] {
  const { backups, now, maxAgeMs } = facts;
  if (backups.length === 0) return [{ kind: 'no-backup' }];
  const newestFirst = backups
    .filter(({ proven }) => proven)
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const fresh = newestFirst.filter(({ createdAt }) => isFresh(createdAt, facts));
  if (fresh.some(({ missing }) => missing === undefined)) return [];
  const [incomplete] = fresh;
  if (incomplete !== undefined)
    return [{ kind: 'backup-incomplete', id: incomplete.id, file: incomplete.missing ?? '' }];
  const age = ({ createdAt }: KnownBackup): number => now.getTime() - Date.parse(createdAt);
  const newest = newestFirst.find((backup) => age(backup) >= 0) ?? newestFirst[0];
  if (newest === undefined) return [{ kind: 'no-proven-backup' }];
  const { id, createdAt } = newest;
  const ageMs = age(newest);
  return [
    ageMs < 0 ? { kind: 'backup-in-future', id, createdAt } : { kind: 'backup-too-old', id, ageMs, maxAgeMs },
  ];
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
  else if (backup.missing !== undefined)
    reasons.push({ kind: 'backup-incomplete', id: backup.id, file: backup.missing });
  // What was met are the rows of the backup: a rehearsal is as old as they are.
  const { createdAt } = backup ?? receipt;
  const ageMs = now.getTime() - Date.parse(createdAt);
  if (ageMs < 0) reasons.push({ kind: 'rehearsal-in-future', createdAt });
  else if (!isFresh(createdAt, facts)) reasons.push({ kind: 'rehearsal-too-old', ageMs, maxAgeMs });
  return reasons;
}

/** How `scripts` differ from the `rehearsed` ones. */
export function scriptChanges(
  rehearsed: readonly ReceiptScript[],
  scripts: readonly CommitScript[],
): ScriptChange[] {
  const before = new Map(rehearsed.map((script) => [script.version, script]));
  const after = new Set(scripts.map((script) => script.version));
  const changes = scripts.flatMap(({ version, name, checksum, path }): ScriptChange[] => {
    const named = { version, name, ...(path === undefined ? {} : { path }) };
    const known = before.get(version);
    if (known === undefined) return [{ kind: 'added', ...named }];
    return known.checksum === checksum ? [] : [{ kind: 'changed', ...named }];
  });
  const missing = rehearsed.filter((script) => !after.has(script.version));
  return [...changes, ...missing.map(({ version, name }) => ({ kind: 'missing' as const, version, name }))];
}
