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
