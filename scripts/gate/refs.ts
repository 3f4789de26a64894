import { fitsPattern } from '../config/branch-pattern.ts';

/** One line of git's pre-push protocol (githooks(5)): what is pushed from where to where. */
export interface PushedRef {
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

/** Reads the lines that git hands to a pre-receive hook, `old new ref`; undefined when a line is none of git's. */
export function parseReceivedRefs(text: string): PushedRef[] | undefined {
  const refs: PushedRef[] = [];
  for (const line of text.split('\n').filter((candidate) => candidate.trim() !== '')) {
    const [remoteSha = '', localSha = '', remoteRef = '', ...rest] = line.trim().split(' ');
    if (rest.length > 0 || !isObjectId(remoteSha) || !isObjectId(localSha) || !remoteRef.startsWith('refs/'))
      return undefined;
    refs.push({ localRef: remoteRef, localSha, remoteRef, remoteSha });
  }
  return refs;
}

/**
 * Whether these are the lines of a hook on the side that is pushed to: three fields, where pre-push has four. An empty input
 * is one there, too, if git says that it holds what is pushed back (githooks(5), quarantine). Pure.
 */
export const isReceived = (
  input: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): boolean =>
  input !== undefined &&
  (input.trim() === ''
    ? env['GIT_QUARANTINE_PATH'] !== undefined
    : /^\S+ \S+ \S+$/.test(input.trim().split('\n')[0] ?? ''));

/** SHA-1 and SHA-256 repositories have names of 40 and 64 hexadecimal digits. */
const isObjectId = (text: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

/** Whether an object name is git's for none: zeros. */
export const isNone = (sha: string): boolean => /^0+$/.test(sha);

/** Whether a line deletes its destination. */
export const isDeletion = (ref: PushedRef): boolean => isNone(ref.localSha);

const heads = 'refs/heads/';

/** The branch that a line goes to; undefined where it goes to a tag or something else. */
export const branchOf = ({ remoteRef }: Pick<PushedRef, 'remoteRef'>): string | undefined =>
  remoteRef.startsWith(heads) ? remoteRef.slice(heads.length) : undefined;

/** Whether a branch is among those that the gate guards. */
const isGuarded = (branch: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => fitsPattern(pattern, branch));

/** The lines whose destination is guarded, whatever is pushed there: `HEAD:deploy`, a tag, a detached head. */
export function guardedRefs(refs: readonly PushedRef[], patterns: readonly string[]): PushedRef[] {
  return refs.filter((ref) => {
    const branch = branchOf(ref);
    return branch !== undefined && isGuarded(branch, patterns);
  });
}

/** Where a push goes: the two words that git hands to the hook. Where there is no name, git gives the address twice. */
export interface PushTarget {
  readonly remote: string | undefined;
  readonly url: string | undefined;
}

/**
 * Whether the branches of this remote are guarded: those of all are where DEPLOY_REMOTES is not set. A listed remote is also
 * meant under its address and under another name; where it cannot be told what a remote is, it is guarded. Pure.
 *
 * @param listed DEPLOY_REMOTES
 * @param urlsOf the addresses that git knows by the name of a remote
 */
export function isGuardedRemote(
  { remote, url }: PushTarget,
  listed: readonly string[],
  urlsOf: (remote: string) => readonly string[],
): boolean {
  if (listed.length === 0 || remote === undefined || url === undefined) return true;
  if (listed.some((pattern) => [remote, url, plainUrl(url)].some((text) => fitsPattern(pattern, text))))
    return true;
  // Nothing tells what lies behind an address that has no name here: it may be a listed one, written otherwise.
  if (urlsOf(remote).length === 0) return true;
  return listed.flatMap(urlsOf).some((other) => plainUrl(other) === plainUrl(url));
}

/** The same text for what is the same address, as far as it can be seen: `git@host:a.git` and `ssh://git@host/a`. */
export function plainUrl(url: string): string {
  const scp = /^(?:[^@/:]+@)?([^@/:]+):(?!\/\/)(.*)$/.exec(url);
  const [host = '', path = ''] =
    scp === null
      ? (/^[a-z+]+:\/\/(?:[^@/]*@)?([^/]*)(.*)$/i.exec(url)?.slice(1) ?? ['', url])
      : [scp[1], scp[2]];
  const shortened = path.replace(/\/+$/, '').replace(/\.git$/, '');
  return `${host.toLowerCase().replace(/:\d+$/, '')}/${shortened.replace(/^\/+/, '')}`;
}

/**
 * A branch of the list that begins with the name of the remote, as `git branch -r` prints it: on the remote it is called
 * otherwise. Undefined where there is none. Pure.
 */
export const withRemotesName = (patterns: readonly string[], { remote }: PushTarget): string | undefined =>
  remote === undefined ? undefined : patterns.find((pattern) => pattern.startsWith(`${remote}/`));

/**
 * Whether it can be seen by git's lines that this is `git push --mirror`: nothing else pushes what was fetched of others.
 * git tells the hook of what is pushed so, and not of what is deleted (seen with 2.39). Pure.
 */
export const looksMirrored = (refs: readonly PushedRef[]): boolean =>
  refs.some(({ remoteRef }) => remoteRef.startsWith('refs/remotes/'));

/**
 * The guarded branches that a mirror takes away: those of the remote that are not here. Pure.
 *
 * @param theirs the branches of the remote
 * @param ours those of this repository
 */
export const mirroredAway = (
  theirs: readonly string[],
  ours: readonly string[],
  patterns: readonly string[],
): string[] => theirs.filter((branch) => isGuarded(branch, patterns) && !ours.includes(branch));

/** What branches are called that are live somewhere. */
export const liveNames = ['deploy*', 'prod', 'prod/*', 'production*', 'live', 'live/*'];

/**
 * The branch among these that is live by its name, where no setting says which are: a clone without them would guard another
 * one than everybody else. Undefined where there is none. Pure.
 *
 * @param patterns those that are guarded by default
 */
export const looksLive = (refs: readonly PushedRef[], patterns: readonly string[]): string | undefined =>
  refs
    .map(branchOf)
    .find((branch) => branch !== undefined && !isGuarded(branch, patterns) && isGuarded(branch, liveNames));
