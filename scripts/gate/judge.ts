import { folderOfRecords } from '../config/records-folder.ts';
import { orLeftOver, warn, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { readReceipts } from '../rehearsal/receipt.ts';
import { refusalOf } from './bypass.ts';
import type { GateContext } from './check-commit.ts';
import { scriptsInCommit } from './commit.ts';
import {
  findUngatedScripts,
  readGateRecord,
  recordPath,
  shownRemote,
  whoPushes,
  writeGateRecord,
  type GateEntry,
} from './gate-log.ts';
import { longestOnTheSpotMs } from './on-the-spot-rule.ts';
import { permit, type Permission } from './permit.ts';
import type { GuardedPush } from './read-push.ts';
import { branchOf, isNone } from './refs.ts';
import { askBranches, remoteToAsk } from './repository.ts';

/** A commit that may go to a guarded branch. */
export interface Allowed {
  readonly commit: string;
  readonly branch: string;
  readonly permission: Permission;
}

/** Says what stands on the guarded branches and did not come through the gate. */
async function noticeWhatCameAround(
  { repository, records, receipts }: GateContext,
  push: GuardedPush,
): Promise<void> {
  const record = await readGateRecord(records);
  for (const ref of push.refs) {
    const commit = ref.remoteSha;
    if (isNone(commit) || record.some((entry) => entry.commit === commit)) continue;
    // Somebody else's, which was never fetched, is in no object of this repository.
    const scripts = await scriptsInCommit(repository, commit).catch(() => undefined);
    const changes = findUngatedScripts(commit, record, scripts, receipts);
    if (changes !== undefined)
      warn(repository, 'gate-came-around', { branch: branchOf(ref) ?? '', commit, changes });
  }
}

/**
 * Judges a push; what is let through without a receipt, since somebody said why, is kept.
 *
 * @param how `reason`: why the gate is bypassed; undefined: it is not. `isWatched`: somebody sees what it waits for
 * @param places where records and published receipts are, where that is not beside the repository, and on its remote
 */
export async function judgePush(
  repository: Context,
  push: GuardedPush,
  { reason, isWatched }: { readonly reason: string | undefined; readonly isWatched: boolean },
  places: GatePlaces = { remote: push.target.url },
): Promise<Allowed[]> {
  let context = await gateContextOf(repository, places);
  const { records } = context;
  // Who says why has no time; and on a server nobody has asked for a rehearsal.
  const mayWait = reason === undefined && places.records === undefined;
  const longestMs = mayWait ? longestOnTheSpotMs(records.config, isWatched) : 0;
  await noticeWhatCameAround(context, push);
  const common = {
    at: records.clock.now().toISOString(),
    by: await whoPushes(repository),
    ...shownRemote(push.target.remote),
  };
  const allowed: Allowed[] = [];
  const bypassed: GateEntry[] = [];
  const judge = async (branches: readonly string[], commit: string | null, work: () => Promise<void>) => {
    const refusal = await refusalOf(work, reason);
    if (refusal === undefined || reason === undefined) return;
    for (const branch of branches)
      bypassed.push({ ...common, what: 'bypassed', branch, commit, reason, refused: refusal.message });
  };
  const { deleted, mirror } = push;
  if (deleted.length > 0)
    await judge(deleted, null, () => Promise.reject(refused('gate-deletion', { branches: deleted, mirror })));
  for (const ref of push.refs) {
    const judged = { commit: ref.localSha, branch: branchOf(ref) ?? '' };
    await judge([judged.branch], judged.commit, async () => {
      const replaced = isNone(ref.remoteSha) ? undefined : ref.remoteSha;
      const standing = places.standing ?? replaced;
      const permission = await permit(context, { ...judged, replaced, standing }, longestMs);
      if (permission.by === 'receipt' && permission.rehearsedNow)
        context = await gateContextOf(repository, places);
      allowed.push({ ...judged, permission });
    });
  }
  if (bypassed.length > 0) {
    await writeGateRecord(records, bypassed);
    for (const { branch, by } of bypassed)
      warn(repository, 'gate-bypassed', { branch, by, reason: reason ?? '', path: recordPath(records) });
  }
  const entries = allowed.map(({ permission, ...each }): GateEntry => ({
    ...common,
    what: 'allowed',
    ...each,
    ...(permission.by === 'receipt'
      ? { receipt: permission.receipt.id, ...signed(permission.signedBy) }
      : { reason: 'ran-before', refused: permission.refusal.message }),
  }));
  // Without this line the next gate says that it did not let this through: no reason to refuse it.
  if (entries.length > 0)
    await orLeftOver(repository, recordPath(records), () => writeGateRecord(records, entries));
  return allowed;
}

const signed = (signedBy: string | undefined): Pick<GateEntry, 'signedBy'> =>
  signedBy === undefined ? {} : { signedBy };

/** Judges one commit, which nobody pushes. */
export async function judgeCommit(
  context: Context,
  judged: Pick<Allowed, 'commit' | 'branch'>,
  places?: GatePlaces,
): Promise<Allowed> {
  const at = places ?? { remote: await remoteToAsk(context), standing: askBranches };
  const gate = await gateContextOf(context, at);
  return { ...judged, permission: await permit(gate, { ...judged, standing: at.standing }, 0) };
}

/** Where the gate looks beside the repository that it is asked about. */
export interface GatePlaces extends Partial<Pick<GateContext, 'records'>>, Pick<GateContext, 'remote'> {
  /** The commit that says who may sign; what the branch has on the remote, where not given. */
  readonly standing?: string;
}

async function gateContextOf(
  repository: Context,
  { records: given, remote }: GatePlaces,
): Promise<GateContext> {
  const records = given ?? { ...repository, projectDir: folderOfRecords(repository.projectDir) };
  return { repository, records, remote, receipts: await readReceipts(records) };
}
