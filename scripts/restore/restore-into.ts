import type { Backup } from '../backup/list.ts';
import { partSource, readPartText } from '../backup/part-text.ts';
import { warn, type Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import type { Definers } from '../database/definition-texts.ts';
import { currentUser } from '../database/grants.ts';
import { parseAccount } from '../database/inventory.ts';
import { withSession } from '../database/session/session.ts';
import { sqlErrorOf } from '../database/session/sql-error.ts';
import type { Target } from '../database/session/target.ts';
import { quoteAccount, quoteName } from '../sql/quote.ts';
import { quoteWords } from '../system/process/shell-words.ts';
import { escaped } from '../system/regular-expression.ts';
import { checkRestorable } from './check-restorable.ts';
import { differencesFromBackup, refuseDifferences } from './compare.ts';
import { nameOf } from './differences.ts';
import { loadAndCompare } from './load/load-and-compare.ts';

/**
 * Loads a backup into a database of another name, which is made, or is there and empty; the live one is not touched.
 * What names the live database in its text (a view, a trigger, a routine) would go on to use that: it is warned of.
 *
 * @throws MajError `database-not-empty`, `into-denied` and what `checkRestorable` throws: nothing was changed; `statement-failed`;
 *   `restore-differs`
 */
export async function restoreInto(
  context: Context,
  backup: Backup,
  target: Target,
  definers: Definers,
): Promise<void> {
  const { charset, collation, name: source } = backup.manifest.database;
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
      try {
        await session.run(`CREATE DATABASE IF NOT EXISTS ${quoteName(database)} ${defaults}`);
        await session.run(`ALTER DATABASE ${quoteName(database)} ${defaults}`);
      } catch (error) {
        if (sqlErrorOf(error)?.errno !== mayNot) throw error;
        throw refused(
          'into-denied',
          { database, grantee: quoteAccount(parseAccount(await currentUser(session))) },
          { cause: error },
        );
      }
    },
    { database: null },
  );
  const naming = source === database ? [] : await objectsNaming(context, backup, source);
  if (naming.length > 0) warn(context, 'names-database', { database: source, objects: naming });
  const left = await loadAndCompare(context, backup, target, { definers }, () =>
    differencesFromBackup(context, backup, target, definers),
  );
  await refuseDifferences(
    backup,
    target,
    left,
    quoteWords(['maj', 'restore', backup.id, '--into', database]),
  );
}

/** ER_DBACCESS_DENIED_ERROR: an account that may do nothing in a database. */
const mayNot = 1044;

/** What has the name of the database, as a qualifier, in its text. */
async function objectsNaming(context: Context, backup: Backup, database: string): Promise<string[]> {
  const source = await partSource(context, backup);
  const name = escaped(database);
  const qualifier = new RegExp(`(?:\`${name.replaceAll('`', '``')}\`|\\b${name}\\b)\\s*\\.`, 'i');
  const found = new Set<string>();
  for (const part of backup.manifest.parts) {
    if (part.section === 'rows' || part.kind === 'header' || part.kind === 'final') continue;
    const text = await readPartText(source, part, 'utf8');
    if (qualifier.test(text)) found.add(nameOf(part));
  }
  return [...found];
}
