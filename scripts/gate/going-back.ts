import { isTextTaken } from '../migrations/accepted.ts';
import type { LedgerRow } from '../migrations/ledger/columns.ts';
import { isSameScriptVersion, nameOfRecord } from '../migrations/script-names.ts';
import type { ReceiptScript } from '../rehearsal/receipt.ts';
import type { CommitDecision, GateContext, Judged, RefusalReason } from './check-commit.ts';
import { readGateRecord } from './gate-log.ts';
import { readTrees, treesBefore } from './repository.ts';

/** What going back to a commit leaves in the database. */
export interface GoingBack {
  /** Migrations that stay applied, and that the commit does not hold. */
  readonly beyond: readonly string[];
}

/**
 * Reasons that count also where no migration would run. All others are of a rehearsal, which would have nothing to show.
 */
const standing: ReadonlySet<RefusalReason['kind']> = new Set(['no-database', 'live-other-server']);

/** What of a row of the ledger tells whether its script would run. */
type AppliedRow = Pick<
  LedgerRow,
  'version' | 'name' | 'state' | 'inFlight' | 'connectionId' | 'checksum' | 'accepted'
>;

/**
 * What the ledger holds beyond the scripts of a commit; undefined where one of those would run, has another text than the one that
 * has run, or where it is not known how far a script came. Pure.
 */
export function appliedBeyond(
  scripts: readonly ReceiptScript[],
  ledger: readonly AppliedRow[],
): string[] | undefined {
  if (ledger.some(({ state, inFlight }) => state !== 'applied' || inFlight !== undefined)) return undefined;
  const rowOf = ({ version }: ReceiptScript): AppliedRow | undefined =>
    ledger.find((row) => isSameScriptVersion(row.version, version));
  const isDone = (script: ReceiptScript): boolean => {
    const row = rowOf(script);
    return row !== undefined && isTextTaken(row, script.checksum);
  };
  if (!scripts.every(isDone)) return undefined;
  const own = new Set(scripts.map(rowOf));
  return ledger.filter((row) => !own.has(row)).map(nameOfRecord);
}

/**
 * Whether a refused commit goes back to what ran before, with nothing to run: what a rehearsal would show is known, since it has
 * happened. New code is not let through so, whatever the ledger says.
 *
 * @returns undefined where it does not, or where the live database does not answer
 */
export async function findGoingBack(
  context: GateContext,
  judged: Judged,
  refusal: Extract<CommitDecision, { readonly open: false }>,
): Promise<GoingBack | undefined> {
  const { reasons, scripts, receipts } = refusal;
  if (reasons.some(({ kind }) => standing.has(kind)) || !(await ranBefore(context, judged))) return undefined;
  const { readLiveLedger } = await import('./read-live.ts');
  const live = await readLiveLedger(context.records);
  const rehearsed = receipts.find(({ database }) => database?.server !== undefined)?.database?.server;
  if (!live.known || (rehearsed !== undefined && rehearsed !== live.server)) return undefined;
  const beyond = appliedBeyond(scripts, live.ledger);
  return beyond === undefined ? undefined : { beyond };
}

/**
 * Whether the files of a commit are those of one that stood on a guarded branch: let through here, or in the line of what is
 * there now. A commit that takes others back has the files of the one before them.
 */
async function ranBefore(
  { repository, records }: GateContext,
  { commit, replaced: there }: Judged,
): Promise<boolean> {
  const record = await readGateRecord(records);
  const known = record.flatMap((entry) => (entry.commit === null ? [] : [entry.commit]));
  const [tree, ...before] = await readTrees(repository, [commit, ...known]);
  const line = there === undefined ? [] : await treesBefore(repository, there);
  return tree !== undefined && [...before, ...line].includes(tree);
}
