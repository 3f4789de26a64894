import type { Verb, VerbResult } from './cli/verb.ts';
import { folderOfRecords } from './config/records-folder.ts';
import { orLeftOver, warn, type Context } from './core/context.ts';
import { refused, wrongUsage } from './core/errors.ts';
import { bypassReason, refusalOf } from './gate/bypass.ts';
import { requireReceipt, type GateContext } from './gate/check-commit.ts';
import { scriptsInCommit } from './gate/commit.ts';
import {
  findUngatedScripts,
  readGateRecord,
  recordPath,
  shownRemote,
  whoPushes,
  writeGateRecord,
  type GateEntry,
} from './gate/gate-log.ts';
import { readGuardedPush, type GuardedPush } from './gate/read-push.ts';
import { branchOf, isNone } from './gate/refs.ts';
import { resolveCommit } from './gate/repository.ts';
import { readReceipts, type Receipt } from './rehearsal/receipt.ts';

/** A commit that may go to a guarded branch. */
interface Allowed {
  readonly commit: string;
  readonly branch: string;
  readonly receipt: Receipt;
}

/** Says what stands on the guarded branches and did not come through the gate. */
async function noticeWhatCameAround({ repository, records }: GateContext, push: GuardedPush): Promise<void> {
  const record = await readGateRecord(records);
  const receipts = await readReceipts(records);
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

/** Judges a push; what is let through without a receipt, since somebody said why, is kept. */
async function judgePush(context: GateContext, push: GuardedPush): Promise<Allowed[]> {
  const { repository, records } = context;
  const reason = bypassReason(repository);
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
      allowed.push({ ...judged, receipt: await requireReceipt(context, judged) });
    });
  }
  if (bypassed.length > 0) {
    await writeGateRecord(records, bypassed);
    for (const { branch, by } of bypassed)
      warn(repository, 'gate-bypassed', { branch, by, reason: reason ?? '', path: recordPath(records) });
  }
  const entries = allowed.map(({ commit, branch, receipt }): GateEntry => ({
    ...common,
    what: 'allowed',
    branch,
    commit,
    receipt: receipt.id,
  }));
  // Without this line the next gate says that it did not let this through: no reason to refuse it.
  if (entries.length > 0)
    await orLeftOver(repository, recordPath(records), () => writeGateRecord(records, entries));
  return allowed;
}

const contextOf = (context: Context): GateContext => ({
  repository: context,
  records: { ...context, projectDir: folderOfRecords(context.projectDir) },
});

/** @param push undefined: a commit was named */
function answer(
  allowed: readonly Allowed[],
  branches: readonly string[],
  push: GuardedPush | undefined,
): VerbResult {
  return {
    data: allowed.map(({ receipt, ...each }) => ({
      ...each,
      receipt: receipt.id,
      backup: receipt.backup,
      database: receipt.database,
    })),
    text: ({ results: { gate } }) => {
      if (push?.empty === true) return [gate.nothing()];
      const isElsewhere = push !== undefined && push.refs.length + push.deleted.length === 0;
      if (isElsewhere) return [gate.notDeploy({ branches })];
      return allowed.map(({ receipt: { id, backup, database, pending }, ...each }) =>
        gate.open({ ...each, receipt: id, backup, database, pending: pending.length }),
      );
    },
  };
}

/** `maj gate`: the pre-push hook's question, answered from what was rehearsed. */
export const gateVerb: Verb<'commit'> = {
  name: 'gate',
  summary: 'Decides, as git’s pre-push hook, whether a push to the deploy branch may go through.',
  usage: ['gate [REMOTE] [URL] < git’s lines', 'gate --commit COMMIT'],
  options: {
    commit: {
      type: 'string',
      value: 'COMMIT',
      help: 'Judge this commit instead of reading git’s lines: for CI.',
    },
  },
  needsSettings: true,
  deciding: 'project',
  async run(context, args) {
    const [remote, url, ...more] = args.positionals;
    // git hands over two words; a single one is a commit whose option did not come through (npm run gate --commit HEAD).
    if (args.positionals.length === 1 || more.length > 0)
      throw wrongUsage('bad-usage', {
        verb: 'gate',
        reason:
          'git hands over REMOTE and URL; a commit is named with --commit (npm run gate -- --commit HEAD)',
      });
    const gateContext = contextOf(context);
    const branches = context.config.DEPLOY_BRANCH;
    const { commit: name } = args.options;
    if (typeof name === 'string') {
      const judged = { commit: await resolveCommit(context, name), branch: branches.join(', ') };
      return answer([{ ...judged, receipt: await requireReceipt(gateContext, judged) }], branches, undefined);
    }
    const push = await readGuardedPush(context, await args.readStdin(), { remote, url });
    return answer(await judgePush(gateContext, push), branches, push);
  },
};
