import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inStep, type Context } from '../context.ts';
import type { DumpClient } from '../database/dump-client.ts';
import { startDump } from '../database/dump.ts';
import type { Target } from '../database/target.ts';
import { refused } from '../errors.ts';
import { privateFolder } from '../system/files.ts';
import type { Codec } from './codec.ts';
import { rowBytesOfParts } from './cutter.ts';
import { cutDump, type CutDump, type CutOptions } from './dump-parts.ts';
import { dumpSum } from './dump-sum.ts';
import { partsFolder, partPath } from './layout.ts';
import type { ManifestPart } from './manifest.ts';
import { createObjectFinder, missingObjects } from './objects.ts';
import { partFileName } from './part.ts';
import type { Source } from './source.ts';
import { createLengthCheck } from './statement-length.ts';
import { storeCompressed } from './store.ts';
import { sharing, type ShareUnchanged } from './unchanged.ts';

/** The database's share of a manifest. */
export interface TakenDatabase {
  readonly parts: ManifestPart[];
  readonly dumpBytes: number;
  readonly dumpSha256: string;
}

/**
 * Dumps the database into the parts of a backup, compressed and flushed; what an earlier backup holds already is shared
 * with it.
 *
 * @throws MajError `dump-incomplete` without the line that ends a whole dump; `objects-missing` naming what the
 *   database has and the dump has not; `row-too-long`; what the dump program failed with
 */
export async function takeDatabase(
  context: Context,
  { clients, target, inventory, needs }: Pick<Source, 'clients' | 'target' | 'inventory' | 'needs'>,
  folder: string,
  codec: Codec,
  share: ShareUnchanged,
): Promise<TakenDatabase> {
  await mkdir(join(folder, partsFolder), { mode: privateFolder });
  const finder = createObjectFinder();
  const checkLength = createLengthCheck(needs.maxPacket);
  const dump = await inStep(context, 'dump-database', { database: target.database }, (progress) =>
    dumpInto(context, clients, target, {
      open: (part) => {
        const path = partPath(folder, partFileName(part) + codec.extension);
        return sharing(storeCompressed(path, codec), path, share);
      },
      observe: (chunk) => {
        finder.observe(chunk);
        checkLength(chunk);
      },
      progress,
      rowBytes: rowBytesOfParts,
    }),
  );
  const missing = missingObjects(inventory, finder.found());
  if (missing.length > 0) throw refused('objects-missing', { objects: missing });
  const parts = dump.parts.map(({ id, sum }) => ({
    name: partFileName(id) + codec.extension,
    ...id,
    ...sum,
  }));
  return { parts, dumpBytes: dump.bytes, dumpSha256: dumpSum(parts) };
}

/**
 * Runs the dump program and takes its output apart; both must end well.
 *
 * @throws MajError `dump-incomplete`; what the dump program failed with
 */
export async function dumpInto<T>(
  context: Context,
  clients: DumpClient,
  target: Target,
  options: CutOptions<T>,
): Promise<CutDump<T>> {
  const dump = await startDump(context, clients, target);
  try {
    const cut = await cutDump(dump.stdout as AsyncIterable<Buffer>, options);
    await dump.finished;
    if (!cut.complete) throw refused('dump-incomplete', { client: clients.dump });
    return cut;
  } catch (error) {
    dump.abort();
    await dump.finished.catch(() => undefined);
    throw error;
  }
}
