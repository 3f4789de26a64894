import { join } from 'node:path';
import type { Context } from '../context.ts';
import { withSession } from '../database/session.ts';
import { targetFromConfig } from '../database/target.ts';
import { refused } from '../errors.ts';
import { isTextTaken } from '../migrations/accepted.ts';
import { readMigrations, type Migration } from '../migrations/folder.ts';
import { readLedger, type LedgerRow } from '../migrations/ledger.ts';
import { nameOfRecord } from '../migrations/names.ts';
import { scriptsPath } from '../migrations/places.ts';
import { versionKey } from '../migrations/version.ts';
import { statIfThere } from '../system/files.ts';

/**
 * The migrations that stand between the database and an older release: those in the ledger, finished or not, that the
 * release does not have, or has with a text that was not accepted. Pure.
 */
export function standingBetween(
  ledger: readonly Pick<LedgerRow, 'version' | 'name' | 'checksum' | 'connectionId' | 'accepted'>[],
  scripts: readonly Pick<Migration, 'version' | 'checksum'>[],
): readonly string[] {
  const known = new Map(scripts.map((script) => [versionKey(script.version), script.checksum]));
  return ledger
    .filter((row) => {
      const text = known.get(versionKey(row.version));
      return text === undefined || !isTextTaken(row, text);
    })
    .map(nameOfRecord);
}

/**
 * Refuses an older release whose database would be newer than it knows. What the release itself brings counts: scripts of
 * the project folder say nothing of what its code was written for.
 *
 * @throws MajError `downgrade-migrations`, and what connecting and reading the ledger throw
 */
export async function checkDowngrade(
  context: Context,
  staged: string,
  versions: { readonly version: string; readonly installed: string | null },
): Promise<void> {
  const { path, of } = scriptsPath(context);
  const folder = of === 'system' ? undefined : join(staged, path);
  const brings = folder !== undefined && (await statIfThere(folder))?.isDirectory() === true;
  const scripts = brings ? await readMigrations(folder, context.config) : [];
  const ledger = await withSession(context, targetFromConfig(context), (session) => readLedger(session));
  const between = standingBetween(ledger, scripts);
  if (between.length > 0) throw refused('downgrade-migrations', { ...versions, migrations: between });
}
