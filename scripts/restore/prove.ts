import { join } from 'node:path';
import type { Backup, ProvenBackup } from '../backup/list.ts';
import { manifestName, sealedJson } from '../backup/manifest.ts';
import { partSource } from '../backup/part-text.ts';
import { proofName, type Proof } from '../backup/proof.ts';
import type { Context } from '../core/context.ts';
import { MajError, unsound } from '../core/errors.ts';
import { sha256OfText } from '../core/text-hash.ts';
import { canonicalTable } from '../database/definition-texts.ts';
import { withSession } from '../database/session/session.ts';
import { sqlErrorOf } from '../database/session/sql-error.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { findLocalDumpClient } from '../dump/client/clients.ts';
import { findFragileValues, fragilitiesOf, type FragileColumn } from '../dump/fragile-values.ts';
import { isRows } from '../dump/part.ts';
import { makeCopyDatabase, type Throwaway } from '../server/throwaway.ts';
import { definedColumns, deferTable, hasPrimaryKey, isVersioned } from '../sql/table-definition.ts';
import { readIfThere, writeDurably } from '../system/files.ts';
import { checkFlavour, compareDump } from './compare.ts';
import { namesOfDifferences, structureDiffs, type PartDifference } from './differences.ts';
import { loadAndCompare } from './load/load-and-compare.ts';
import { statementsOf } from './load/part-statements.ts';
import { changedTables, planProof } from './proof-plan.ts';

/**
 * Proves a backup: restores it into a throwaway server, dumps the copy, and compares the two dumps part by part.
 * Equal, and the proof is written into the backup. The copy stays on the throwaway server, for a dry run.
 *
 * @param earlier a backup that was proven: what of this one is the very bytes of that is not proven twice, and not in
 *   the copy
 * @throws MajError `proof-failed` (exit code 4) naming the objects that differ; `flavour-differs` (3);
 *   `statement-failed` naming part, line and object
 */
export async function proveBackup(
  context: Context,
  backup: Backup,
  throwaway: Throwaway,
  earlier?: ProvenBackup,
): Promise<Proof> {
  const { manifest } = backup;
  const { name: database, charset, collation, definers, outside } = manifest.database;
  checkFlavour(backup, throwaway.server);
  const apart = earlier === undefined ? new Set<string>() : await tablesProvenApart(context, backup, earlier);
  const plan = planProof(manifest, earlier, throwaway.server, apart);
  if (plan.kind === 'nothing' && earlier !== undefined)
    return writeProof(context, backup, throwaway, {
      restsOn: { backup: earlier.id, parts: manifest.parts.length },
    });
  const rowParts = plan.kind === 'rows' ? { rowParts: plan.parts } : {};
  const client = await findLocalDumpClient(context, throwaway.programs);
  const target = throwaway.target(database);
  await makeCopyDatabase(context, throwaway, { database, charset, collation, definers, outside });

  const started = context.clock.monotonicMs();
  let loaded: number | undefined;
  const { differences, canonical } = await loadAndCompare(
    context,
    backup,
    target,
    { ...rowParts, isCopy: true },
    () => {
      loaded ??= context.clock.monotonicMs();
      return compareDump(context, backup, client, target, rowParts);
    },
  );
  const ended = context.clock.monotonicMs();
  // What is unusual about them is nothing to guess at in here: whole, they are equal or are not.
  if (differences.length > 0 && plan.kind === 'rows') return proveBackup(context, backup, throwaway);
  if (differences.length > 0)
    throw unsound('proof-failed', {
      id: backup.id,
      server: throwaway.server.text,
      differences: namesOfDifferences(differences),
      diffs: structureDiffs(differences),
      fragile: await fragileRows(context, backup, differences),
    });

  return writeProof(context, backup, throwaway, {
    canonical,
    durations: { load: Math.round((loaded ?? ended) - started), dump: Math.round(ended - (loaded ?? ended)) },
    ...(plan.kind === 'rows' && earlier !== undefined
      ? {
          restsOn: {
            backup: earlier.id,
            parts: manifest.parts.filter((part) => isRows(part) && !plan.parts.has(part.name)).length,
          },
        }
      : {}),
  });
}

async function writeProof(
  context: Context,
  backup: Backup,
  throwaway: Throwaway,
  found: {
    readonly canonical?: number;
    readonly durations?: Proof['durations'];
    readonly restsOn?: Proof['restsOn'];
  },
): Promise<Proof> {
  const { database, parts } = backup.manifest;
  const { restsOn, canonical = 0, durations = { load: 0, dump: 0 } } = found;
  const proof: Proof = {
    format: 1,
    backupId: backup.id,
    manifestSha256: sha256OfText((await readIfThere(join(backup.folder, manifestName))) ?? ''),
    server: throwaway.server,
    sameVersionAsSource: throwaway.server.version === database.server.version,
    equalParts: parts.length,
    canonicalParts: canonical,
    ...(restsOn === undefined ? {} : { restsOn }),
    durations,
    provenAt: context.clock.now().toISOString(),
  };
  await writeDurably(join(backup.folder, proofName), sealedJson(proof));
  return proof;
}

/**
 * Looks in the live database for why rows came back as others: values that no dump of its server brings back. A proof
 * that has failed is explained by it, and never decided: where the live database cannot be asked, there are none.
 */
export async function fragileRows(
  context: Context,
  backup: Backup,
  differences: readonly PartDifference[],
): Promise<FragileColumn[]> {
  const { name, server } = backup.manifest.database;
  const tables = differences
    .filter(({ id }) => id.kind === 'table' && id.section === 'rows')
    .map(({ id }) => id.object ?? '');
  if (tables.length === 0) return [];
  try {
    const target = targetFromConfig(context);
    if (target.database !== name) return [];
    return await withSession(context, target, (session) =>
      findFragileValues(session, name, fragilitiesOf(server.flavour), tables),
    );
  } catch (error) {
    if (error instanceof MajError || sqlErrorOf(error) !== undefined) return [];
    throw error;
  }
}

type Stored = Pick<Backup, 'folder' | 'manifest'>;

/**
 * The tables that have changed since another backup, but of which each part of rows can be proven by itself: their
 * definition is the same but for its counter, and no row can stand in the way of another.
 */
async function tablesProvenApart(
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
async function definitionOf(context: Context, backup: Stored, table: string): Promise<string | undefined> {
  const part = backup.manifest.parts.find(
    ({ kind, section, object }) => kind === 'table' && section === 'structure' && object === table,
  );
  if (part === undefined) return undefined;
  const statements = await statementsOf(await partSource(context, backup), part);
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
  const columns = definedColumns(create) ?? [];
  const floats = columns.filter(({ definition }) => /^float\b/i.test(definition));
  if (floats.length === 0) return true;
  const [primary = '', ...unique] = create.match(/^ *(?:PRIMARY|UNIQUE) KEY .*$/gm) ?? [];
  const rounded = columns.filter((column) => floats.includes(column) || column.isGenerated);
  return unique.length === 0 && !rounded.some(({ name }) => primary.includes(name));
}
