import { note, stopIfInterrupted } from '../core/context.ts';
import { MajError } from '../core/errors.ts';
import type { Receipt } from '../rehearsal/receipt.ts';
import { callingPush } from '../system/process/calling-push.ts';
import { isAlive } from '../system/process/identity.ts';
import { withLock } from '../upgrade/lock.ts';
import { refuseUnfinished } from '../upgrade/recovery/unfinished.ts';
import type { Judged, GateContext } from './check-commit.ts';
import type { SpotProblem } from './on-the-spot-rule.ts';
import { readLive } from './read-live.ts';
import { rehearseCommit } from './rehearse-commit.ts';

/**
 * Rehearses a commit while its push waits. It ends with the push: by a signal, or when git is gone.
 *
 * @param judged with the receipts of its database, newest first
 * @param expectedMs how long it is going to take
 * @returns why there is no answer; undefined where there is one, in the newest receipt
 * @throws MajError `interrupted`
 */
export async function rehearseOnTheSpot(
  { repository, records }: GateContext,
  judged: Judged & { readonly receipts: readonly Receipt[] },
  expectedMs: number,
): Promise<SpotProblem | undefined> {
  const { commit, branch, receipts } = judged;
  const live = await readLive(records);
  if (!live.known) return { kind: 'live-unknown', why: live.why };
  const rehearsed = receipts[0]?.database?.server;
  if (rehearsed !== undefined && rehearsed !== live.server) return { kind: 'live-other-server' };
  note(repository, 'gate-rehearses', { commit, branch, expectedMs });
  const push = watchPush();
  const context = { ...records, signal: AbortSignal.any([records.signal, push.gone]) };
  try {
    await withLock(context, 'gate', async () => {
      await refuseUnfinished(context);
      await rehearseCommit({ repository, records: context }, commit);
    });
    stopIfInterrupted(context);
    return undefined;
  } catch (error) {
    if (!(error instanceof MajError) || context.signal.aborted) throw error;
    return { kind: 'stopped', why: error.message };
  } finally {
    push.stop();
  }
}

const lookMs = 250;

/** Tells when the `git push` that waits for us is gone: nobody would hear the answer. */
function watchPush(): { readonly gone: AbortSignal; readonly stop: () => void } {
  const gone = new AbortController();
  const pid = callingPush()?.pid;
  const timer = setInterval(() => {
    if (pid !== undefined && !isAlive(pid)) gone.abort();
  }, lookMs);
  return { gone: gone.signal, stop: () => clearInterval(timer) };
}
