import type { Context } from '../context.ts';
import { canonicalTable } from '../database/canonical-table.ts';
import { codecNamed } from './codec.ts';
import type { Backup } from './list.ts';
import { columnsOf, deferTable, hasPrimaryKey, isVersioned } from './load/definition.ts';
import { statementsOf } from './load/part-statements.ts';
import { changedTables, isRows } from './proof-plan.ts';

type Stored = Pick<Backup, 'folder' | 'manifest'>;

/**
 * The tables that have changed since another backup, but of which each part of rows can be proven by itself: their
 * definition is the same but for its counter, and no row can stand in the way of another.
 */
export async function tablesProvenApart(
  context: Context,
  backup: Stored,
  earlier: Stored,
): Promise<ReadonlySet<string>> {
  const apart = new Set<string>();
  const { parts } = backup.manifest;
  for (const table of changedTables(parts, earlier.manifest.parts)) {
    // Of rows in a single part there is nothing to spare, and each table that is read costs time in the window.
    if (parts.filter((part) => isRows(part) && part.object === table).length < 2) continue;
    const now = await definitionOf(context, backup, table);
    if (now === undefined || !rowsStandAlone(now)) continue;
    // What cannot be read of another backup costs time, and not this one's proof.
    const before = await definitionOf(context, earlier, table).catch(() => undefined);
    if (before !== undefined && canonicalTable(before) === canonicalTable(now)) apart.add(table);
  }
  return apart;
}

/** The CREATE TABLE of a table in a backup; undefined where it has none. */
async function definitionOf(
  context: Context,
  { folder, manifest }: Stored,
  table: string,
): Promise<string | undefined> {
  const part = manifest.parts.find(
    ({ kind, section, object }) => kind === 'table' && section === 'structure' && object === table,
  );
  if (part === undefined) return undefined;
  const source = {
    folder,
    codec: await codecNamed(context, manifest.codec),
    flavour: manifest.database.server.flavour,
  };
  const statements = await statementsOf(source, part);
  return statements.find(({ text }) => text.startsWith('CREATE TABLE '))?.text;
}

/**
 * Whether rows of an ordinary table can be loaded without those of its other parts, and that says the same as with them.
 * It does where they have an order of their own, and no two that differ can become equal in a unique key: a FLOAT is
 * dumped with six digits (`Fragility`). Pure.
 *
 * @param create a CREATE TABLE as SHOW CREATE TABLE prints it
 */
export function rowsStandAlone(create: string): boolean {
  if (deferTable(create, false) === undefined || isVersioned(create) || !hasPrimaryKey(create)) return false;
  const columns = columnsOf(create) ?? [];
  const floats = columns.filter(({ definition }) => /^float\b/i.test(definition));
  if (floats.length === 0) return true;
  const [primary = '', ...unique] = create.match(/^ *(?:PRIMARY|UNIQUE) KEY .*$/gm) ?? [];
  const rounded = columns.filter((column) => floats.includes(column) || column.isGenerated);
  return unique.length === 0 && !rounded.some(({ name }) => primary.includes(name));
}
