import { backupsOf, listBackups, missingPart, type Backup } from '../backup/list.ts';
import { note, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { configuredDatabase } from '../database/same-database.ts';
import { warnOfFewerRows } from '../rehearsal/fewer-rows.ts';
import { isFresh, receiptsOf, runSettings, type Receipt } from '../rehearsal/receipt.ts';
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

/** What is judged. */
export interface JudgedCommit {
  readonly commit: string;
  /** Where it would go, for the error. */
  readonly branch: string;
  /** See `PublishedQuestion`. */
  readonly standing: string | undefined;
}

/** What allows a commit. */
export interface Allowing {
  readonly receipt: Receipt;
  /** Who says so, where it was rehearsed elsewhere. */
  readonly signedBy: string | undefined;
}

/**
 * The receipt that allows a commit.
 *
 * @throws MajError `gate-refused` with every reason; what `scriptsInCommit` throws
 */
export async function requireReceipt(
  { repository, records, receipts, remote }: GateContext,
  { commit, branch, standing }: JudgedCommit,
): Promise<Allowing> {
  const database = configuredDatabase(records);
  const backups = backupsOf(database, await listBackups(records));
  const measure = { now: records.clock.now(), maxAgeMs: records.config.BACKUP_MAX_AGE };
  const facts: GateFacts = {
    scripts: await scriptsInCommit(repository, commit),
    database,
    backups: await Promise.all(backups.map((backup) => knownBackup(backup, measure))),
    receipts: receiptsOf(database, receipts),
    settings: runSettings(records.config),
    ...measure,
  };
  const published = records.config.GATE_ALLOWED_SIGNERS !== undefined;
  const decision = await decide({ repository, commit, remote, standing }, facts);
  const refuse = (reasons: readonly (GateReason | LiveReason | PublishedReason)[]): Error =>
    refused('gate-refused', { branch, commit, database, published, reasons });
  if (!decision.open) throw refuse(decision.reasons);
  const { receipt, signedBy } = decision;
  await compareLive(records, decision, (reason) => refuse([reason]));
  if (signedBy === undefined) warnOfFewerRows(records, receipt, receipts);
  return { receipt, signedBy };
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
  refuse: (reason: LiveReason) => Error,
): Promise<void> {
  const isRequired = records.config.GATE_REQUIRE_LIVE === 'yes';
  const isElsewhere = signedBy !== undefined && !isRequired;
  if (isElsewhere && records.config.DB_USER === undefined) return;
  const { readLive } = await import('./read-live-schema.ts');
  const live = await readLive(records);
  if (isElsewhere && live.known && live.server !== receipt.database?.server) {
    note(records, 'gate-live-elsewhere', {});
    return;
  }
  const reason = liveReason(receipt, live, isRequired);
  if (reason !== undefined) throw refuse(reason);
  if (!live.known) note(records, 'gate-live-unknown', { why: live.why });
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
