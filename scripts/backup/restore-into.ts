import { inStep, warn, type Context } from '../context.ts';
import { quoteName } from '../database/quote.ts';
import { withSession } from '../database/session.ts';
import type { Target } from '../database/target.ts';
import { notRolledBack, refused } from '../errors.ts';
import { codecNamed, readStored } from './codec.ts';
import { differenceNames, differencesFromBackup } from './compare.ts';
import type { Definers } from './definers.ts';
import { nameOf } from './differences.ts';
import { partPath } from './layout.ts';
import type { Backup } from './list.ts';
import { loadAgain } from './load/load-again.ts';
import { loadBackup } from './load/load-backup.ts';
import { checkRestorable } from './restorable.ts';
import { structureDiffs } from './structure-diff.ts';

/**
 * Loads a backup into a database of another name, which is made, or is there and empty; the live one is not touched.
 * What names the live database in its text (a view, a trigger, a routine) would go on to use that: it is warned of.
 *
 * @throws MajError `database-not-empty` and what `checkRestorable` throws: nothing was changed; `statement-failed`;
 *   `restore-differs`
 */
export async function restoreInto(
  context: Context,
  backup: Backup,
  target: Target,
  definers: Definers,
): Promise<void> {
  const { charset, collation, name: source, server } = backup.manifest.database;
  const { database } = target;
  await checkRestorable(context, backup, target, definers, { database: null });
  await withSession(
    context,
    target,
    async (session) => {
      const [found] = await session.rows(
        `SELECT (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?)
           + (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?)
           + (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?) AS things`,
        [database, database, database],
      );
      if (Number(found?.['things']) > 0) throw refused('database-not-empty', { database });
      const defaults = `CHARACTER SET ${quoteName(charset)} COLLATE ${quoteName(collation)}`;
      await session.run(`CREATE DATABASE IF NOT EXISTS ${quoteName(database)} ${defaults}`);
      await session.run(`ALTER DATABASE ${quoteName(database)} ${defaults}`);
    },
    { database: null },
  );
  const naming = source === database ? [] : await objectsNaming(context, backup, source);
  if (naming.length > 0) warn(context, 'names-database', { database: source, objects: naming });
  const how = await inStep(context, 'load-backup', { id: backup.id, server: server.text }, (progress) =>
    loadBackup(context, backup, target, progress, { definers }),
  );
  let left = await differencesFromBackup(context, backup, target, definers);
  if (await loadAgain(context, backup, target, how, left.parts, definers))
    left = await differencesFromBackup(context, backup, target, definers);
  const differences = differenceNames(left);
  if (differences.length === 0) return;
  const diffs = structureDiffs(left.parts);
  throw notRolledBack('restore-differs', { id: backup.id, database, differences, diffs });
}

/** What has the name of the database, as a qualifier, in its text. */
async function objectsNaming(context: Context, backup: Backup, database: string): Promise<string[]> {
  const codec = await codecNamed(context, backup.manifest.codec);
  const escaped = database.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const qualifier = new RegExp(`(?:\`${escaped.replaceAll('`', '``')}\`|\\b${escaped}\\b)\\s*\\.`, 'i');
  const found = new Set<string>();
  for (const part of backup.manifest.parts) {
    if (part.section === 'rows' || part.kind === 'header' || part.kind === 'final') continue;
    const chunks: Buffer[] = [];
    for await (const chunk of readStored(partPath(backup.folder, part.name), codec)) chunks.push(chunk);
    if (qualifier.test(Buffer.concat(chunks).toString('utf8'))) found.add(nameOf(part));
  }
  return [...found];
}
