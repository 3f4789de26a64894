import { backupsOf, listBackups, missingPart, type Backup } from '../backup/list.ts';
import { note, type Context } from '../core/context.ts';
import { configuredDatabase, type DatabaseIdentity } from '../database/same-database.ts';
import { warnOfFewerRows } from '../rehearsal/fewer-rows.ts';
import { isFresh, receiptsOf, runSettings, type Receipt, type ReceiptScript } from '../rehearsal/receipt.ts';
import { scriptsInCommit } from './commit.ts';
import { liveReason, type LiveReason } from './compare-live.ts';
import { decideGate, type GateFacts, type GateReason, type KnownBackup } from './decide.ts';
import type { PublishedDecision, PublishedQuestion, PublishedReason } from './published.ts';

/** Where a commit is read, and where what is known of rehearsals is kept: two folders in a linked worktree of git. */
export interface GateContext {
  readonly repository: Context;
  readonly records: Context;
  /** Every receipt that is kept there, newest first. */
  readonly receipts: readonly Receipt[];
  /** The remote on which others publish theirs; undefined: the repository itself, which they push to. */
  readonly remote: string | undefined;
}

/** A commit, and the branch that it would go to. */
export interface Judged {
  readonly commit: string;
  readonly branch: string;
  /** The commit that is on that branch of the remote now; undefined: none is, or nobody pushes. */
  readonly replaced?: string | undefined;
  /** See `PublishedQuestion`. */
  readonly standing: string | undefined;
}

/** What allows a commit. */
export interface Allowing {
  readonly receipt: Receipt;
  /** Who says so, where it was rehearsed elsewhere. */
  readonly signedBy: string | undefined;
}

/** Why a commit may not go. */
export type RefusalReason = GateReason | LiveReason | PublishedReason;

/** Whether a receipt allows a commit; if not, every reason, and what was compared. */
export type CommitDecision =
  | ({ readonly open: true } & Allowing)
  | {
      readonly open: false;
      readonly reasons: readonly RefusalReason[];
      readonly scripts: readonly ReceiptScript[];
      readonly database: DatabaseIdentity | undefined;
      /** Those of that database, newest first. */
      readonly receipts: readonly Receipt[];
    };

/**
 * Looks for the receipt that allows a commit.
 *
 * @throws MajError what `scriptsInCommit` throws
 */
export async function checkCommit(
  { repository, records, receipts, remote }: GateContext,
  { commit, standing }: Judged,
): Promise<CommitDecision> {
  const database = configuredDatabase(records);
  const backups = backupsOf(database, await listBackups(records));
  const measure = { now: records.clock.now(), maxAgeMs: records.config.BACKUP_MAX_AGE };
  const compared = {
    scripts: await scriptsInCommit(repository, commit),
    database,
    receipts: receiptsOf(database, receipts),
  };
  const facts: GateFacts = {
    ...compared,
    backups: await Promise.all(backups.map((backup) => knownBackup(backup, measure))),
    settings: runSettings(records.config),
    ...measure,
  };
  const decision = await decide({ repository, commit, remote, standing }, facts);
  if (!decision.open) return { ...compared, ...decision };
  const reason = await compareLive(records, decision);
  if (reason !== undefined) return { ...compared, open: false, reasons: [reason] };
  if (decision.signedBy === undefined) warnOfFewerRows(records, decision.receipt, receipts);
  return decision;
}

/** By what is known here; where that does not open the gate, by what others have published, too. */
async function decide(question: PublishedQuestion, facts: GateFacts): Promise<PublishedDecision> {
  const local = decideGate(facts);
  if (local.open) return { ...local, signedBy: undefined };
  if (question.repository.config.GATE_ALLOWED_SIGNERS === undefined) return local;
  const { decideWithPublished } = await import('./published.ts');
  return decideWithPublished(question, facts, local.reasons);
}

/** The driver is loaded where a receipt opens the gate: everything else is answered sooner without it. */
async function compareLive(
  records: Context,
  { receipt, signedBy }: Allowing,
): Promise<LiveReason | undefined> {
  const isRequired = records.config.GATE_REQUIRE_LIVE === 'yes';
  const isElsewhere = signedBy !== undefined && !isRequired;
  if (isElsewhere && records.config.DB_USER === undefined) return undefined;
  const { readLive } = await import('./read-live.ts');
  const live = await readLive(records);
  if (isElsewhere && live.known && live.server !== receipt.database?.server) {
    note(records, 'gate-live-elsewhere', {});
    return undefined;
  }
  const reason = liveReason(receipt, live, isRequired);
  if (reason === undefined && !live.known) note(records, 'gate-live-unknown', { why: live.why });
  return reason;
}

/** Of the backups that may count, the files are looked at. */
async function knownBackup(
  backup: Backup,
  measure: Pick<GateFacts, 'now' | 'maxAgeMs'>,
): Promise<KnownBackup> {
  const { id, manifest, proof } = backup;
  const { createdAt } = manifest;
  const counts = proof !== null && isFresh(createdAt, measure);
  return { id, createdAt, proven: proof !== null, missing: counts ? await missingPart(backup) : undefined };
}
