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

/** One line of git's pre-push protocol (githooks(5)): what is pushed from where to where. */
interface PushedRef {
  readonly localRef: string;
  readonly localSha: string;
  readonly remoteRef: string;
  readonly remoteSha: string;
}

/** Reads the lines that git hands to a pre-push hook; undefined when a line is none of git's. */
export function parsePushedRefs(text: string): PushedRef[] | undefined {
  const refs: PushedRef[] = [];
  for (const line of text.split('\n').filter((candidate) => candidate.trim() !== '')) {
    const [localRef, localSha, remoteRef, remoteSha, ...rest] = line.trim().split(' ');
    if (
      localRef === undefined ||
      localSha === undefined ||
      remoteRef === undefined ||
      remoteSha === undefined
    ) {
      return undefined;
    }
    if (rest.length > 0 || !isObjectId(localSha) || !isObjectId(remoteSha)) return undefined;
    refs.push({ localRef, localSha, remoteRef, remoteSha });
  }
  return refs;
}

/** SHA-1 and SHA-256 repositories have names of 40 and 64 hexadecimal digits. */
const isObjectId = (text: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

/** Whether a line deletes its destination: git then gives an object name of zeros. */
export const isDeletion = (ref: PushedRef): boolean => /^0+$/.test(ref.localSha);

/** The lines whose destination is the deploy branch, whatever is pushed there: `HEAD:deploy`, a tag, a detached head. */
export function refsToBranch(refs: readonly PushedRef[], branch: string): PushedRef[] {
  // DEPLOY_BRANCH may be written in full: a gate that then matched nothing would let everything through.
  const destination = `refs/heads/${branch.replace(/^(refs\/)?heads\//, '')}`;
  return refs.filter((ref) => ref.remoteRef === destination);
}
