import { refused } from '../../core/errors.ts';
import { draftTable } from '../ledger/ledger-write.ts';
import { isLedgerShape, ledgerTable } from '../ledger/ledger.ts';
import { knownShapes, recognise, type Shape, type Table } from './shapes.ts';

/** What another program's table is called once it has made room for ours. */
export const backupTable = `${ledgerTable}_before_maj`;

/** The names that programs give to their records; any other is told by `--from`. */
const knownNames = [
  ledgerTable,
  'schema_migrations',
  'schema_version',
  'schema_history',
  'flyway_schema_history',
  'migrations',
  'phinxlog',
];

/** The record that is adopted, and what stands where ours will. */
export interface AdoptionSource {
  readonly table: Table;
  readonly shape: Shape;
  /** It has the name that ours needs. */
  readonly makesRoom: boolean;
  /** A ledger of ours is there already; it has to be empty. */
  readonly ledgerThere: boolean;
  /** What an adoption that was cut off has left. */
  readonly draftThere: boolean;
}

/**
 * Chooses the record to adopt among the tables of the database. Pure.
 *
 * @param from the table that the user named
 * @throws MajError `adopt-nothing`, `adopt-several`, `adopt-unknown`, `adopt-from`, `adopt-name-taken`
 */
export function chooseSource(tables: readonly Table[], from: string | undefined): AdoptionSource {
  const named = new Map(tables.map((table) => [table.name, table]));
  const ledger = named.get(ledgerTable);
  const ledgerThere = ledger !== undefined && isOurs(ledger);
  const table = from === undefined ? onlyCandidate(named, ledgerThere) : theNamed(named, from);
  const shape = recognise(table);
  if (shape === undefined) throw unknownShape(table);
  const makesRoom = table.name === ledgerTable;
  if (ledger !== undefined && !ledgerThere && !makesRoom) throw taken(ledgerTable, 'ledger');
  if (makesRoom && named.has(backupTable)) throw taken(backupTable, 'backup');
  const draft = named.get(draftTable);
  if (draft !== undefined && !isOurs(draft)) throw taken(draftTable, 'draft');
  return { table, shape, makesRoom, ledgerThere, draftThere: draft !== undefined };
}

/** Whether a ledger of ours is among the tables. */
export const hasLedger = (tables: readonly Table[]): boolean =>
  tables.some((table) => table.name === ledgerTable && isOurs(table));

const isOurs = (table: Table): boolean => table.base && isLedgerShape(table.columns.map(({ name }) => name));

const taken = (table: string, purpose: 'ledger' | 'backup' | 'draft'): Error =>
  refused('adopt-name-taken', { table, purpose });

const unknownShape = (table: Table): Error =>
  refused('adopt-unknown', {
    table: table.name,
    columns: table.columns.map(({ name }) => name),
    known: knownShapes,
    inTheWay: table.name === ledgerTable,
  });

function theNamed(named: ReadonlyMap<string, Table>, from: string): Table {
  const table = named.get(from);
  if (table === undefined) throw refused('adopt-from', { table: from, why: 'missing' });
  if (isOurs(table)) throw refused('adopt-from', { table: from, why: 'ours' });
  return table;
}

function onlyCandidate(named: ReadonlyMap<string, Table>, ledgerThere: boolean): Table {
  // A server without atomic DDL may have died between the two renames: then the old record has its new name already.
  const names = named.has(ledgerTable) ? knownNames : [backupTable, ...knownNames];
  const there = names
    .filter((name) => name !== ledgerTable || !ledgerThere)
    .map((name) => named.get(name))
    .filter((table) => table !== undefined);
  const candidates = there.filter((table) => recognise(table) !== undefined);
  if (candidates.length > 1) throw refused('adopt-several', { tables: candidates.map(({ name }) => name) });
  const [candidate] = candidates.length === 1 ? candidates : there;
  if (candidate === undefined) throw refused('adopt-nothing', { looked: knownNames });
  return candidate;
}
