import { inStep, type Context } from '../context.ts';
import { findClients, type Clients } from '../database/clients.ts';
import { readInventory } from '../database/inventory.ts';
import { withSession } from '../database/session.ts';
import type { Target } from '../database/target.ts';
import { refused } from '../errors.ts';
import { codecNamed, readStored, type Codec } from './codec.ts';
import { compareParts, type Comparison, type SummedPart } from './differences.ts';
import { partPath } from './layout.ts';
import type { Backup } from './list.ts';
import type { ManifestPart } from './manifest.ts';
import { createCanonicalHash, hashPart } from './part-sums.ts';
import { dumpInto } from './take-database.ts';

/**
 * Compares a backup with a database as it is now: dumps it to hashes only, keeping nothing.
 *
 * @returns what differs, by object, such as `users (rows)`; empty when the database is what the backup holds
 * @throws MajError `flavour-differs` when the server is not of the backup's kind
 */
export async function compareWithDatabase(
  context: Context,
  backup: Backup,
  target: Target,
): Promise<readonly string[]> {
  const { database } = backup.manifest;
  const now = await withSession(context, target, async (session) => {
    checkFlavour(backup, session.server);
    return readInventory(session, target.database);
  });
  const clients = await findClients(context, database.server.flavour);
  const { differences } = await compareDump(context, backup, clients, target);
  const sameCharset = now.charset === database.charset && now.collation === database.collation;
  return sameCharset ? differences : ['database (character set)', ...differences];
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

/** Dumps a database to hashes and compares it with the parts of a backup. */
export async function compareDump(
  context: Context,
  backup: Backup,
  clients: Clients,
  target: Target,
): Promise<Comparison> {
  const facts = { id: backup.id, database: target.database };
  return inStep(context, 'compare-database', facts, async (progress) => {
    const found = await dumpInto(context, clients, target, {
      open: (part) => hashPart(part, target.database),
      progress,
    });
    const expected = await expectedParts(
      context,
      backup,
      new Map(found.parts.map((part) => [keyOf(part), part])),
    );
    return compareParts(expected, found.parts);
  });
}

const keyOf = (part: SummedPart): string => part.sum.sha256;

/** The parts of a backup to compare with; one that is equal byte for byte needs no canonical form. */
async function expectedParts(
  context: Context,
  backup: Backup,
  found: ReadonlyMap<string, SummedPart>,
): Promise<SummedPart[]> {
  const codec = await codecNamed(context, backup.manifest.codec);
  const expected: SummedPart[] = [];
  for (const part of backup.manifest.parts) {
    const needsCanonical = part.section !== 'rows' && !found.has(part.sha256);
    const canonicalSha256 = needsCanonical ? await canonicalSum(backup, part, codec) : null;
    expected.push({ id: part, sum: { sha256: part.sha256, canonicalSha256 } });
  }
  return expected;
}

async function canonicalSum(backup: Backup, part: ManifestPart, codec: Codec): Promise<string> {
  const hash = createCanonicalHash(part.kind, backup.manifest.database.name);
  for await (const data of readStored(partPath(backup.folder, part.name), codec)) hash.update(data);
  return hash.digest();
}
