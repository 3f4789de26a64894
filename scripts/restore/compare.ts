import type { Backup } from '../backup/list.ts';
import type { ManifestPart } from '../backup/manifest.ts';
import { partSource, readPart, type PartSource } from '../backup/part-text.ts';
import { dumpInto } from '../backup/take-database.ts';
import { inStep, type Context } from '../core/context.ts';
import { notRolledBack, refused } from '../core/errors.ts';
import type { Definers } from '../database/definition-texts.ts';
import { readInventory } from '../database/inventory.ts';
import type { Others } from '../database/other-connections.ts';
import { withSession } from '../database/session/session.ts';
import type { Target } from '../database/session/target.ts';
import type { CanonicalOptions } from '../dump/canonical.ts';
import { findDumpClient, type DumpClient } from '../dump/client/clients.ts';
import {
  createCanonicalHash,
  createRowsSum,
  hashPart,
  shownText,
  type PartSum,
  type RowsSum,
} from '../dump/part-sums.ts';
import { isRows, type PartId } from '../dump/part.ts';
import { withoutEndedEvents } from './compare-events.ts';
import {
  compareParts,
  namesOfDifferences,
  structureDiffs,
  type Comparison,
  type PartDifference,
  type SummedPart,
} from './differences.ts';

/** What of a database is not as in a backup. */
export interface DatabaseDifference {
  readonly differences: readonly PartDifference[];
  /** The database's own charset or collation. */
  readonly charset: boolean;
}

/** What differs, by object, such as `users (rows)`. */
const differenceNames = ({ differences, charset }: DatabaseDifference): string[] => [
  ...(charset ? ['database (character set)'] : []),
  ...namesOfDifferences(differences),
];

/**
 * Compares a backup with a database as it is now: dumps it to hashes only, keeping nothing.
 *
 * @throws MajError `flavour-differs` when the server is not of the backup's kind
 */
export async function differencesFromBackup(
  context: Context,
  backup: Backup,
  target: Target,
  definers: Definers = 'keep',
): Promise<DatabaseDifference> {
  const { database } = backup.manifest;
  const now = await withSession(context, target, async (session) => {
    checkFlavour(backup, session.server);
    return readInventory(session, target.database);
  });
  const client = await findDumpClient(context, database.server.flavour);
  const { differences } = await compareDump(context, backup, client, target, { definers });
  const sameCharset = now.charset === database.charset && now.collation === database.collation;
  return { differences, charset: !sameCharset };
}

/**
 * The same, as names for people.
 *
 * @returns what differs, by object, such as `users (rows)`; empty when the database is what the backup holds
 */
export async function compareWithDatabase(
  context: Context,
  backup: Backup,
  target: Target,
): Promise<readonly string[]> {
  return differenceNames(await differencesFromBackup(context, backup, target));
}

/** Refuses a server of another kind than the backup's: its dump means something else there. */
export function checkFlavour(
  backup: Backup,
  server: { readonly flavour: string; readonly text: string },
): void {
  const source = backup.manifest.database.server;
  if (source.flavour !== server.flavour)
    throw refused('flavour-differs', { backup: backup.id, source: source.text, server: server.text });
}

/**
 * Dumps a database to hashes and compares it with the parts of a backup.
 *
 * @param options `rowParts`: the database has the rows of these parts only, everything else of all
 */
export async function compareDump(
  context: Context,
  backup: Backup,
  client: DumpClient,
  target: Target,
  options: { readonly definers?: Definers; readonly rowParts?: ReadonlySet<string> } = {},
): Promise<Comparison> {
  const { definers = 'keep', rowParts } = options;
  const { parts, database } = backup.manifest;
  const partial = partialTables(parts, rowParts);
  const sums = new Map([...partial.keys()].map((table) => [table, createRowsSum()]));
  const sumOf = (part: PartId): RowsSum | undefined =>
    isRows(part) ? sums.get(part.object ?? '') : undefined;
  const facts = { id: backup.id, database: target.database };
  return inStep(context, 'compare-database', facts, async (progress) => {
    const found = await dumpInto<PartSum | undefined>(context, client, target, {
      open: (part) => sumOf(part)?.open() ?? hashPart(part, { database: target.database, definers }),
      progress,
      rowBytes: backup.manifest.rowBytes,
    });
    const whole = found.parts.flatMap(({ id, sum }) => (sum === undefined ? [] : [{ id, sum }]));
    const source = await partSource(context, backup);
    const hashes = new Set(whole.map(({ sum }) => sum.sha256));
    const canonical = { database: database.name, definers };
    const comparison = compareParts(
      [
        ...(await expectedParts(
          source,
          parts.filter((part) => sumOf(part) === undefined),
          hashes,
          canonical,
        )),
        ...(await partialRows(source, partial)),
      ],
      [...whole, ...[...sums].map(([table, sum]) => rowsOf(table, sum))],
    );
    return withoutEndedEvents(context, target, comparison, {
      flavour: database.server.flavour,
      options: { expected: canonical, found: { database: target.database, definers } },
    });
  });
}

/** The tables of which not all rows are there, and the parts that are. */
function partialTables(
  parts: readonly ManifestPart[],
  rowParts: ReadonlySet<string> | undefined,
): Map<string, ManifestPart[]> {
  const tables = new Map<string, ManifestPart[]>();
  if (rowParts === undefined) return tables;
  const rows = parts.filter(isRows);
  for (const { name, object } of rows) if (!rowParts.has(name)) tables.set(object ?? '', []);
  for (const part of rows) if (rowParts.has(part.name)) tables.get(part.object ?? '')?.push(part);
  return tables;
}

async function partialRows(
  source: PartSource,
  tables: ReadonlyMap<string, readonly ManifestPart[]>,
): Promise<SummedPart[]> {
  const expected: SummedPart[] = [];
  for (const [table, parts] of tables) {
    const sum = createRowsSum();
    for (const part of parts) {
      const rows = sum.open();
      for await (const data of readPart(source, part)) await rows.write(data);
      await rows.finish();
    }
    expected.push(rowsOf(table, sum));
  }
  return expected;
}

/** All rows of a table that are there, as if they were one part. */
const rowsOf = (table: string, sum: RowsSum): SummedPart => ({
  id: { kind: 'table', object: table, section: 'rows', number: 0, index: 0 },
  sum: { sha256: sum.digest(), canonicalSha256: null, text: null },
});

/** Parts of a backup to compare with; of one that is equal byte for byte nothing else has to be known. */
async function expectedParts(
  source: PartSource,
  parts: readonly ManifestPart[],
  found: ReadonlySet<string>,
  options: CanonicalOptions,
): Promise<SummedPart[]> {
  const expected: SummedPart[] = [];
  for (const part of parts) {
    const isKnown = part.section === 'rows' || found.has(part.sha256);
    const more = isKnown ? { canonicalSha256: null, text: null } : await sumOfPart(source, part, options);
    expected.push({ id: part, sum: { sha256: part.sha256, ...more } });
  }
  return expected;
}

async function sumOfPart(
  source: PartSource,
  part: ManifestPart,
  options: CanonicalOptions,
): Promise<{ canonicalSha256: string; text: string | null }> {
  const hash = createCanonicalHash(part.kind, options);
  const text = shownText(part.kind);
  for await (const data of readPart(source, part)) {
    hash.update(data);
    text.add(data);
  }
  return { canonicalSha256: hash.digest(), text: text.text() };
}

/**
 * Nothing may differ from the backup once it was loaded.
 *
 * @param again the command that loads it anew
 * @param findOthers who else is in the database; asked where something differs
 * @throws MajError `restore-differs` (exit code 11)
 */
export async function refuseDifferences(
  backup: Backup,
  target: Target,
  found: DatabaseDifference,
  again: string,
  findOthers?: () => Promise<Others | undefined>,
): Promise<void> {
  const differences = differenceNames(found);
  if (differences.length === 0) return;
  const diffs = structureDiffs(found.differences);
  const others = await findOthers?.();
  const facts = { id: backup.id, database: target.database, differences, diffs, again, others };
  throw notRolledBack('restore-differs', facts);
}
