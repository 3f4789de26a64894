import { hasSettings } from '../config/load.ts';
import { warn, type Context } from '../core/context.ts';
import { refused, wrongUsage } from '../core/errors.ts';
import { callingPush } from '../system/process/calling-push.ts';
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
} from './refs.ts';
import { hasWork, isMirrorRemote, readBranches, readRemotes } from './repository.ts';

/** What a push does to guarded branches. */
export interface GuardedPush {
  readonly target: PushTarget;
  /** git had nothing to push. */
  readonly empty: boolean;
  /** The lines that bring a commit to one. */
  readonly refs: readonly PushedRef[];
  /** The branches that would be deleted; by a mirror, where git's lines do not tell. */
  readonly deleted: readonly string[];
  readonly mirror: boolean;
}

/**
 * Reads what git pushes, as far as it is guarded. An empty input is taken for "nothing to push" only where git says so: the
 * lines may as well have gone to another program of the hook.
 *
 * @param input what git hands to its pre-push hook; undefined on a terminal, where nobody was asked about anything
 * @throws MajError `gate-input`, `gate-input-empty`, `gate-unsaid`, `gate-branch-of-remote`, `gate-git`
 */
export async function readGuardedPush(
  context: Context,
  input: string | undefined,
  target: PushTarget,
): Promise<GuardedPush> {
  const lines = input === undefined ? undefined : parsePushedRefs(input);
  if (lines === undefined) throw wrongUsage('gate-input', {});
  const mirror = await isMirror(context, lines, target);
  const empty = lines.length === 0;
  if (empty) await refuseTorn(context, target, mirror);
  else refuseUnsaid(context, lines);
  if (!(await isRemoteGuarded(context, target)))
    return { target, empty, refs: [], deleted: [], mirror: false };
  const refs = guardedRefs(lines, context.config.DEPLOY_BRANCH);
  const deleted = refs.filter(isDeletion).map((ref) => branchOf(ref) ?? '');
  const away = mirror ? await takenByMirror(context, target) : [];
  return {
    target,
    empty,
    refs: refs.filter((ref) => !isDeletion(ref)),
    deleted: [...new Set([...deleted, ...away])],
    mirror: away.length > 0,
  };
}

async function refuseTorn(context: Context, { url }: PushTarget, mirror: boolean): Promise<void> {
  const push = callingPush();
  const work = push === undefined ? undefined : await hasWork(context, push, { url, mirror });
  if (work !== false) throw refused('gate-input-empty', { known: work === true });
}

/** Where nothing says what is guarded, says so; and refuses what looks as if it were. */
function refuseUnsaid(context: Context, lines: readonly PushedRef[]): void {
  if (hasSettings(context.projectDir)) return;
  const facts = { folder: context.projectDir, guarded: context.config.DEPLOY_BRANCH };
  const branch = looksLive(lines, facts.guarded);
  if (branch !== undefined) throw refused('gate-unsaid', { ...facts, branch });
  warn(context, 'gate-unsaid', facts);
}

async function isRemoteGuarded(context: Context, target: PushTarget): Promise<boolean> {
  const { DEPLOY_BRANCH: patterns, DEPLOY_REMOTES: listed = [] } = context.config;
  const pattern = withRemotesName(patterns, target);
  if (pattern !== undefined)
    throw wrongUsage('gate-branch-of-remote', { pattern, remote: target.remote ?? '' });
  const urls = listed.length === 0 ? new Map<string, readonly string[]>() : await readRemotes(context);
  return isGuardedRemote(target, listed, (name) => urls.get(name) ?? []);
}

const isMirror = async (
  context: Context,
  lines: readonly PushedRef[],
  { remote }: PushTarget,
): Promise<boolean> =>
  looksMirrored(lines) ||
  // git takes the beginning of an option for the option, and has no other that begins so.
  callingPush()?.words.some((word) => word.startsWith('--m')) === true ||
  (remote !== undefined && (await isMirrorRemote(context, remote)));

async function takenByMirror(context: Context, { url }: PushTarget): Promise<readonly string[]> {
  if (url === undefined) return [];
  const { ours, theirs } = await readBranches(context, url);
  return mirroredAway(theirs, ours, context.config.DEPLOY_BRANCH);
}
