import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import type { Target } from '../database/session/target.ts';
import { isTextTaken, planAcceptance, type AcceptWish } from './accepted.ts';
import { writeLedger } from './ledger/ledger-write.ts';
import { ensureLedger, orTell } from './ledger/make-ledger.ts';
import type { AcceptedText, Migration } from './migration.ts';
import { readLedger } from './ledger/ledger.ts';
import { withMigrationLock } from './run/lock.ts';

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
    await ensureLedger(keeper, target.database, ['note', 'accepted']);
    const accepted = [...row.accepted, { checksum, at: context.clock.now().toISOString(), by, because }];
    const found = await orTell(() => writeLedger(keeper, target.database, 'accept', row, accepted));
    if (found === 0) throw refused('migrations-moved', { file: file ?? row.name });
  });
}
