import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inStep, type Context } from '../context.ts';
import type { DumpClient } from '../database/dump-client.ts';
import { startDump } from '../database/dump.ts';
import type { Target } from '../database/target.ts';
import { refused } from '../errors.ts';
import { privateFolder } from '../system/files.ts';
import { readStored, type Codec } from './codec.ts';
import { rowBytesOfParts } from './cutter.ts';
import { cutDump, type CutDump, type CutOptions } from './dump-parts.ts';
import { dumpSum } from './dump-sum.ts';
import { partsFolder, partPath } from './layout.ts';
import type { ManifestPart } from './manifest.ts';
import { createObjectFinder, missingObjects } from './objects.ts';
import { partFileName } from './part.ts';
import { isRows } from './proof-plan.ts';
import { startRowCounts } from './row-counts.ts';
import { countRowsExactly, createRowCounter } from './rows-in-dump.ts';
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
 *   database has and the dump has not; `rows-missing` naming tables of which it has not the rows; `row-too-long`; what the dump program failed with
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
  const counter = createRowCounter(clients.flavour);
  const counts = await startRowCounts(context, target);
  try {
    const dump = await inStep(context, 'dump-database', { database: target.database }, (progress) =>
      dumpInto(context, clients, target, {
        open: (part) => {
          // It has its snapshot by then.
          if (part.kind !== 'header') counts.dumpBegan();
          const path = partPath(folder, partFileName(part) + codec.extension);
          return sharing(storeCompressed(path, codec), path, share);
        },
        observe: (chunk) => {
          finder.observe(chunk);
          checkLength(chunk);
          counter.observe(chunk);
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
    const exactly = (table: string): Promise<number> =>
      clients.flavour === 'mariadb'
        ? Promise.resolve(counter.counts().get(table) ?? 0)
        : countRowsExactly(rowsOf(folder, codec, parts, table));
    const tables = await counts.unexplained(counter.counts(), exactly);
    if (tables.length > 0) throw refused('rows-missing', { tables });
    return { parts, dumpBytes: dump.bytes, dumpSha256: dumpSum(parts) };
  } finally {
    counts.close();
  }
}

/** The rows of a table, as they were stored. */
async function* rowsOf(
  folder: string,
  codec: Codec,
  parts: readonly ManifestPart[],
  table: string,
): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from('\n');
  for (const part of parts)
    if (isRows(part) && part.object === table) yield* readStored(partPath(folder, part.name), codec);
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
