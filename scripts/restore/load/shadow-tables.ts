import { traits, type Flavour } from '../../sql/flavour.ts';
import { quoteName } from '../../sql/quote.ts';
import { addConstraints, constraintsOf, withItems } from '../../sql/table-definition.ts';
import { asBytes } from './rewrite-statements.ts';
import type { ArrivingTable } from './swap-tables.ts';

const prefix = 'maj_restore_';

/**
 * Names for tables that are filled beside those that are there, and for those once they are replaced. Pure.
 *
 * @param existing the names of all tables: what a restore that was killed has left is dropped in the end, and until then
 *   keeps its name
 */
export function namesAside(tables: readonly string[], existing: readonly string[]): ArrivingTable[] {
  const numbers = existing.map((name) =>
    Number(new RegExp(`^${prefix}(?:new|old)_(\\d+)$`).exec(name)?.[1] ?? 0),
  );
  const first = Math.max(0, ...numbers) + 1;
  return tables.map((name, index) => ({
    name,
    aside: `${prefix}new_${first + index}`,
    former: `${prefix}old_${first + index}`,
  }));
}

/** What the dump programs, and we, write before the name of the table that a statement is about. */
const heads = [
  'DROP TABLE IF EXISTS ',
  'CREATE TABLE ',
  'INSERT INTO ',
  "LOAD DATA LOCAL INFILE 'rows' INTO TABLE ",
  '/*!40000 ALTER TABLE ',
  'ALTER TABLE ',
];

/** Whether a statement only changes the session, as a dump does around what it makes. */
export const changesSession = (statement: string): boolean =>
  /^(?:\/\*M?!\d+ )?SET (?!GLOBAL\b|PERSIST)/i.test(statement);

/**
 * A statement of a dump about a table, as one about a table of another name. Pure. What is not understood is an error:
 * run as it stands it would be about the table that must not be touched.
 *
 * @param statement its characters stand for bytes, as those of a session for bytes
 */
export function aboutTable(statement: string, table: string, other: string): string {
  if (table === other || changesSession(statement)) return statement;
  const name = asBytes(quoteName(table));
  const head = heads.find((each) => statement.startsWith(each + name));
  if (head === undefined)
    throw new Error(`not a statement about ${quoteName(table)}: ${statement.slice(0, 80)}`);
  return head + quoteName(other) + statement.slice(head.length + name.length);
}

/** A table that is made under another name, and what it still needs once it has its own. */
export interface AsideTable {
  readonly create: string;
  /** ALTER TABLE statements on the table by its own name. */
  readonly afterwards: readonly string[];
}

/**
 * A CREATE TABLE under another name. Pure. Where the names of CHECK constraints are unique in a database, the new table
 * cannot have those of the one that is there. Names that begin with that of the table and `_chk_` change with
 * it in RENAME TABLE (manual, "RENAME TABLE Statement"); others have to be added when the old table is gone.
 *
 * @param create without foreign keys, whose names are unique in a database as well
 */
export function shadowTable(create: string, table: string, other: string, flavour: Flavour): AsideTable {
  const renamed = aboutTable(create, table, other);
  if (!traits.checkNamesOfDatabase[flavour]) return { create: renamed, afterwards: [] };
  const own = asBytes(`${table.replaceAll('`', '``')}_chk_`);
  const checks = constraintsOf(renamed, 'CHECK');
  const late = checks.filter(({ name }) => !name.startsWith(own));
  const items = withItems(renamed, (item) => {
    const check = checks.find(({ text }) => text === item.trim());
    if (check === undefined) return item;
    if (late.includes(check)) return undefined;
    return item.replace(`\`${own}`, `\`${other}_chk_`);
  });
  const added = late.map(({ text }) => text);
  return {
    create: items,
    afterwards: added.length === 0 ? [] : [addConstraints(asBytes(quoteName(table)), added)],
  };
}
