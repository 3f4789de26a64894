import { backupsOf, listBackups } from './backup/list.ts';
import type { Verb, VerbArguments } from './cli/verb.ts';
import { hasSettings } from './config/load.ts';
import { folderOfRecords } from './config/worktree.ts';
import { warn, type Context } from './core/context.ts';
import { refused, wrongUsage } from './core/errors.ts';
import { configuredDatabase } from './database/whose.ts';
import { scriptsInCommit } from './gate/commit.ts';
import { decideGate } from './gate/decide.ts';
import {
  branchOf,
  guardedRefs,
  isDeletion,
  isGuardedRemote,
  looksLive,
  looksMirrored,
  mirroredAway,
  parsePushedRefs,
  withRemotesName,
  type PushedRef,
  type PushTarget,
} from './gate/refs.ts';
import { hasWork, isMirrorRemote, readBranches, readRemotes, resolveCommit } from './gate/repository.ts';
import { readReceipts, receiptsOf, runSettings, type Receipt } from './rehearsal/receipt.ts';
import { callingPush } from './system/process/calling-push.ts';

/** A commit that is to be judged, and the branch that it would go to. */
interface Judged {
  readonly commit: string;
  readonly branch: string;
}

/** Git's lines: none where git has nothing to push, which is not what an empty input says by itself. */
async function readPush(
  context: Context,
  args: VerbArguments<'commit'>,
  target: PushTarget,
): Promise<readonly PushedRef[]> {
  const input = await args.readStdin();
  // On a terminal nobody was asked about anything: "open" would be an answer to no question.
  const refs = input === undefined ? undefined : parsePushedRefs(input);
  if (refs === undefined) throw wrongUsage('gate-input', {});
  if (refs.length > 0) return refs;
  const push = callingPush();
  const work = push === undefined ? undefined : await hasWork(context, push, target.url);
  if (work !== false) throw refused('gate-input-empty', { known: work === true });
  return refs;
}

/** Whether the remote's branches are guarded at all. */
async function isRemoteGuarded(context: Context, target: PushTarget): Promise<boolean> {
  const { DEPLOY_BRANCH: patterns, DEPLOY_REMOTES: listed = [] } = context.config;
  const { remote = '' } = target;
  const pattern = withRemotesName(patterns, target);
  if (pattern !== undefined) throw wrongUsage('gate-branch-of-remote', { pattern, remote });
  const urls = listed.length === 0 ? new Map<string, readonly string[]>() : await readRemotes(context);
  return isGuardedRemote(target, listed, (name) => urls.get(name) ?? []);
}

/** Where nothing says what is guarded, says so; and refuses what looks as if it were. */
function refuseUnsaid(context: Context, refs: readonly PushedRef[]): void {
  if (hasSettings(context.projectDir)) return;
  const facts = { folder: context.projectDir, guarded: context.config.DEPLOY_BRANCH };
  const branch = looksLive(refs, facts.guarded);
  if (branch !== undefined) throw refused('gate-unsaid', { ...facts, branch });
  warn(context, 'gate-unsaid', facts);
}

/** Refuses a push that takes a guarded branch away, by a line of git's or as a mirror. */
async function refuseDeletion(
  context: Context,
  refs: readonly PushedRef[],
  { remote, url }: PushTarget,
): Promise<void> {
  const patterns = context.config.DEPLOY_BRANCH;
  const branches = guardedRefs(refs, patterns)
    .filter(isDeletion)
    .map((ref) => branchOf(ref) ?? '');
  if (branches.length > 0) throw refused('gate-deletion', { branches, mirror: false });
  const mirrors =
    looksMirrored(refs) ||
    callingPush()?.words.some((word) => word.startsWith('--m')) === true ||
    (remote !== undefined && (await isMirrorRemote(context, remote)));
  if (!mirrors || url === undefined) return;
  const { ours, theirs } = await readBranches(context, url);
  const gone = mirroredAway(theirs, ours, patterns);
  if (gone.length > 0) throw refused('gate-deletion', { branches: gone, mirror: true });
}

/** The commits that would go to a guarded branch; undefined: nothing is pushed at all. */
async function judgedOfPush(
  context: Context,
  args: VerbArguments<'commit'>,
): Promise<readonly Judged[] | undefined> {
  const [remote, url] = args.positionals;
  const target = { remote, url };
  const refs = await readPush(context, args, target);
  refuseUnsaid(context, refs);
  if (!(await isRemoteGuarded(context, target))) return [];
  await refuseDeletion(context, refs, target);
  if (refs.length === 0) return undefined;
  return guardedRefs(refs, context.config.DEPLOY_BRANCH).map((ref) => ({
    commit: ref.localSha,
    branch: branchOf(ref) ?? '',
  }));
}

/** Whether a commit may go to the deploy branch; the receipt that allows it. */
async function check(context: Context, { commit, branch }: Judged): Promise<Receipt> {
  const records = { ...context, projectDir: folderOfRecords(context.projectDir) };
  // The database is not asked: a push is not to wait for it.
  const database = configuredDatabase(records);
  const backups = backupsOf(database, await listBackups(records));
  const decision = decideGate({
    scripts: await scriptsInCommit(context, commit),
    backups: backups.map(({ id, manifest, proof }) => ({
      id,
      createdAt: manifest.createdAt,
      proven: proof !== null,
    })),
    receipts: receiptsOf(database, await readReceipts(records)),
    settings: runSettings(context.config),
    now: context.clock.now(),
    maxAgeMs: context.config.BACKUP_MAX_AGE,
  });
  if (decision.open) return decision.receipt;
  throw refused('gate-refused', { branch, commit, database, reasons: decision.reasons });
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
    // git hands over two words; a single one is a commit whose option did not come through (npm run gate --commit HEAD).
    if (args.positionals.length === 1)
      throw wrongUsage('bad-usage', {
        verb: 'gate',
        reason:
          'git hands over REMOTE and URL; a commit is named with --commit (npm run gate -- --commit HEAD)',
      });
    const branches = context.config.DEPLOY_BRANCH;
    const { commit } = args.options;
    const judged =
      typeof commit === 'string'
        ? [{ commit: await resolveCommit(context, commit), branch: branches.join(', ') }]
        : await judgedOfPush(context, args);
    const allowed: (Judged & { receipt: Receipt })[] = [];
    for (const each of judged ?? []) allowed.push({ ...each, receipt: await check(context, each) });
    return {
      data: allowed.map(({ receipt, ...each }) => ({
        ...each,
        receipt: receipt.id,
        backup: receipt.backup,
        database: receipt.database,
      })),
      text: ({ results: { gate } }) => {
        if (judged === undefined) return [gate.nothing()];
        if (allowed.length === 0) return [gate.notDeploy({ branches })];
        return allowed.map(({ receipt: { id, backup, database, pending }, ...each }) =>
          gate.open({ ...each, receipt: id, backup, database, pending: pending.length }),
        );
      },
    };
  },
};
