import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import type { Target } from '../database/session/target.ts';
import type { AcceptedText, LedgerRow } from './ledger/columns.ts';
import { writeLedger } from './ledger/ledger-write.ts';
import { readLedger } from './ledger/ledger.ts';
import { ensureLedger, orTell } from './ledger/make-ledger.ts';
import type { Migration } from './migration.ts';
import { withMigrationLock } from './run/lock.ts';
import { isSameScriptVersion } from './script-names.ts';

/**
 * Whether a script may have this text, beside what the ledger says of it: that which has run, or one that was accepted. What maj
 * itself never ran (a baseline, an adoption) it has no text of. Pure.
 */
export const isTextTaken = (
  { connectionId, checksum, accepted }: Pick<LedgerRow, 'connectionId' | 'checksum' | 'accepted'>,
  text: string,
): boolean =>
  connectionId === undefined || checksum === text || accepted.some((one) => one.checksum === text);

/** Which text somebody wants to be accepted. */
export interface AcceptWish {
  readonly version: string;
  /** The text's hash; undefined: the script as it is now. */
  readonly checksum: string | undefined;
}

/**
 * Finds what is to be accepted. Pure.
 *
 * @returns `file`: the script; undefined where the text is that of a package, which is not here
 * @throws MajError `accept-version` for a version that has not run to its end, `accept-text` where nothing tells which text
 */
export function planAcceptance(
  ledger: readonly LedgerRow[],
  migrations: readonly Migration[],
  { version, checksum }: AcceptWish,
): { readonly row: LedgerRow; readonly file: string | undefined; readonly checksum: string } {
  const row = ledger.find((one) => isSameScriptVersion(one.version, version));
  if (row?.state !== 'applied' || row.inFlight !== undefined) {
    const applied = ledger.filter(({ state }) => state === 'applied');
    throw refused('accept-version', { version, versions: applied.map((one) => one.version) });
  }
  const script = migrations.find((one) => isSameScriptVersion(one.version, version));
  const text = checksum ?? script?.checksum;
  if (text === undefined) throw refused('accept-text', { version });
  return { row, file: script?.file, checksum: text };
}

/**
 * Writes into the ledger that an edited text of a script that has run is as good as the one that has. Nothing is run; the hash
 * of what has run stays.
 *
 * @throws MajError what `planAcceptance` throws; `ledger-not-written`, `migrations-moved`, `migrations-locked`
 */
export async function acceptText(
  context: Context,
  target: Target,
  migrations: readonly Migration[],
  wish: AcceptWish,
  { by, because }: Pick<AcceptedText, 'by' | 'because'>,
): Promise<void> {
  await withMigrationLock(context, target, async ({ keeper }) => {
    const { row, checksum, file } = planAcceptance(await readLedger(keeper), migrations, wish);
    if (isTextTaken(row, checksum)) return;
    await ensureLedger(keeper, target.database, ['accepted']);
    const accepted = [...row.accepted, { checksum, at: context.clock.now().toISOString(), by, because }];
    const found = await orTell(() => writeLedger(keeper, target.database, 'accept', row, accepted));
    if (found === 0) throw refused('migrations-moved', { file: file ?? row.name });
  });
}
