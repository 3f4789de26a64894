import { inStep, type Context } from '../context.ts';
import { findDumpClient, type DumpClient } from '../database/dump-client.ts';
import { readInventory } from '../database/inventory.ts';
import { withSession } from '../database/session.ts';
import type { Target } from '../database/target.ts';
import { refused } from '../errors.ts';
import type { CanonicalOptions } from './canonical.ts';
import { codecNamed, readStored, type Codec } from './codec.ts';
import type { Definers } from './definers.ts';
import {
  compareParts,
  namesOfDifferences,
  type Comparison,
  type PartDifference,
  type SummedPart,
} from './differences.ts';
import { partPath } from './layout.ts';
import type { Backup } from './list.ts';
import type { ManifestPart } from './manifest.ts';
import type { PartId } from './part.ts';
import { createCanonicalHash, hashPart, shownText } from './part-sums.ts';
import { dumpInto } from './take-database.ts';

/** What of a database is not as in a backup. */
export interface DatabaseDifference {
  readonly differences: readonly PartDifference[];
  /** The database's own charset or collation. */
  readonly charset: boolean;
}

/** What differs, by object, such as `users (rows)`. */
export const differenceNames = ({ differences, charset }: DatabaseDifference): string[] => [
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
 * @param options `rowsOf`: rows are compared of these tables only, everything else of all
 */
export async function compareDump(
  context: Context,
  backup: Backup,
  client: DumpClient,
  target: Target,
  options: { readonly definers?: Definers; readonly rowsOf?: ReadonlySet<string> | undefined } = {},
): Promise<Comparison> {
  const { definers = 'keep', rowsOf } = options;
  const counts = ({ kind, section, object }: PartId): boolean =>
    rowsOf === undefined || kind !== 'table' || section !== 'rows' || rowsOf.has(object ?? '');
  const facts = { id: backup.id, database: target.database };
  return inStep(context, 'compare-database', facts, async (progress) => {
    const found = await dumpInto(context, client, target, {
      open: (part) => hashPart(part, { database: target.database, definers }),
      progress,
    });
    const sums = new Set(found.parts.map(({ sum }) => sum.sha256));
    const expected = await expectedParts(context, backup, sums, definers);
    return compareParts(
      expected.filter(({ id }) => counts(id)),
      found.parts.filter(({ id }) => counts(id)),
    );
  });
}

/** The parts of a backup to compare with; of one that is equal byte for byte nothing else has to be known. */
async function expectedParts(
  context: Context,
  backup: Backup,
  found: ReadonlySet<string>,
  definers: Definers,
): Promise<SummedPart[]> {
  const codec = await codecNamed(context, backup.manifest.codec);
  const options = { database: backup.manifest.database.name, definers };
  const expected: SummedPart[] = [];
  for (const part of backup.manifest.parts) {
    const isKnown = part.section === 'rows' || found.has(part.sha256);
    const more = isKnown
      ? { canonicalSha256: null, text: null }
      : await readPart(backup, part, codec, options);
    expected.push({ id: part, sum: { sha256: part.sha256, ...more } });
  }
  return expected;
}

async function readPart(
  backup: Backup,
  part: ManifestPart,
  codec: Codec,
  options: CanonicalOptions,
): Promise<{ canonicalSha256: string; text: string | null }> {
  const hash = createCanonicalHash(part.kind, options);
  const text = shownText();
  for await (const data of readStored(partPath(backup.folder, part.name), codec)) {
    hash.update(data);
    text.add(data);
  }
  return { canonicalSha256: hash.digest(), text: text.text() };
}
