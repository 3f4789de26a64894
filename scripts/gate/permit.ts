import { relative } from 'node:path';
import { refused } from '../core/errors.ts';
import { readReceipts } from '../rehearsal/receipt.ts';
import {
  checkCommit,
  type Allowing,
  type CommitDecision,
  type GateContext,
  type Judged,
} from './check-commit.ts';
import type { GoingBack } from './going-back.ts';
import { isWorthATry, lastRehearsalMs, type SpotProblem } from './on-the-spot-rule.ts';
import { isCheckedOut } from './repository.ts';

/** Why a commit may go: it was rehearsed; or it ran before, and nothing of it would run. */
export type Permission =
  | ({ readonly by: 'receipt'; readonly rehearsedNow: boolean } & Allowing)
  | { readonly by: 'ledger'; readonly back: GoingBack; readonly refusal: Error };

type Refusal = Extract<CommitDecision, { readonly open: false }>;

/**
 * Decides whether a commit may go to a guarded branch. What is loaded for a refusal alone is loaded then: a push that may go is
 * not to wait for it.
 *
 * @param longestMs how long the last rehearsal may have taken for one to be made on the spot; 0: none is made
 * @throws MajError `gate-refused` with every reason; `interrupted`; what `scriptsInCommit` throws
 */
export async function permit(context: GateContext, judged: Judged, longestMs: number): Promise<Permission> {
  const decision = await checkCommit(context, judged);
  if (decision.open) return { by: 'receipt', ...decision, rehearsedNow: false };
  const { findGoingBack } = await import('./going-back.ts');
  const back = await findGoingBack(context, judged, decision);
  if (back !== undefined) return { by: 'ledger', back, refusal: await refusalOf(context, judged, decision) };
  const { records } = context;
  const measure = { longestMs, maxAgeMs: records.config.BACKUP_MAX_AGE };
  const lastMs = lastRehearsalMs(decision.receipts);
  if (lastMs === undefined || !isWorthATry({ ...decision, ...measure, lastMs }))
    throw await refusalOf(context, judged, decision);
  const { rehearseOnTheSpot } = await import('./on-the-spot.ts');
  const problem = await rehearseOnTheSpot(context, { ...judged, ...decision }, lastMs);
  const again = await checkCommit({ ...context, receipts: await readReceipts(records) }, judged);
  if (again.open) return { by: 'receipt', ...again, rehearsedNow: true };
  const isTold = again.reasons.some(({ kind }) => kind === 'rehearsal-failed');
  throw await refusalOf(context, judged, again, isTold ? undefined : problem);
}

async function refusalOf(
  { repository }: GateContext,
  { commit, branch }: Judged,
  { database, reasons, receipts }: Refusal,
  problem?: SpotProblem,
): Promise<Error> {
  const inWorkingTree = await isCheckedOut(repository, commit, repository.config.MIGRATIONS_DIR);
  const lastMs = lastRehearsalMs(receipts);
  const published = repository.config.GATE_ALLOWED_SIGNERS !== undefined;
  const folder = relative(repository.workingDir, repository.projectDir);
  const facts = { branch, commit, database, reasons, inWorkingTree, folder, lastMs, problem, published };
  return refused('gate-refused', facts);
}
