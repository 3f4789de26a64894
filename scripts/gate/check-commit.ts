import { backupsOf, listBackups, missingPart, type Backup } from '../backup/list.ts';
import { note, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { configuredDatabase } from '../database/same-database.ts';
import { warnOfFewerRows } from '../rehearsal/fewer-rows.ts';
import { isFresh, receiptsOf, runSettings, type Receipt } from '../rehearsal/receipt.ts';
import { scriptsInCommit } from './commit.ts';
import { liveReason, type LiveReason } from './compare-live.ts';
import { decideGate, type GateFacts, type GateReason, type KnownBackup } from './decide.ts';

/** Where a commit is read, and where what is known of rehearsals is kept: two folders in a linked worktree of git. */
export interface GateContext {
  readonly repository: Context;
  readonly records: Context;
  /** Every receipt that is kept there, newest first. */
  readonly receipts: readonly Receipt[];
}

/**
 * The receipt that allows a commit.
 *
 * @param branch where it would go, for the error
 * @throws MajError `gate-refused` with every reason; what `scriptsInCommit` throws
 */
export async function requireReceipt(
  { repository, records, receipts }: GateContext,
  { commit, branch }: { readonly commit: string; readonly branch: string },
): Promise<Receipt> {
  const database = configuredDatabase(records);
  const backups = backupsOf(database, await listBackups(records));
  const measure = { now: records.clock.now(), maxAgeMs: records.config.BACKUP_MAX_AGE };
  const decision = decideGate({
    scripts: await scriptsInCommit(repository, commit),
    database,
    backups: await Promise.all(backups.map((backup) => knownBackup(backup, measure))),
    receipts: receiptsOf(database, receipts),
    settings: runSettings(records.config),
    ...measure,
  });
  const refuse = (reasons: readonly (GateReason | LiveReason)[]): Error =>
    refused('gate-refused', { branch, commit, database, reasons });
  if (!decision.open) throw refuse(decision.reasons);
  // The driver is loaded where a receipt opens the gate: everything else is answered sooner without it.
  const { readLive } = await import('./read-live-schema.ts');
  const live = await readLive(records);
  const reason = liveReason(decision.receipt, live, records.config.GATE_REQUIRE_LIVE === 'yes');
  if (reason !== undefined) throw refuse([reason]);
  if (!live.known) note(records, 'gate-live-unknown', { why: live.why });
  warnOfFewerRows(records, decision.receipt, receipts);
  return decision.receipt;
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
