import type { TellProgress } from '../core/context.ts';
import { createCutter, type PartChunk } from './cutter.ts';
import { partKey, type PartId } from './part.ts';
import type { PartWriter } from './store.ts';

/** A dump, taken apart. */
export interface CutDump<T> {
  readonly parts: readonly { readonly id: PartId; readonly sum: T }[];
  readonly bytes: number;
  /** Whether its last line is the one that both dump programs end a whole dump with. */
  readonly complete: boolean;
}

/** How a dump is taken apart. */
export interface CutOptions<T> {
  /** Where the bytes of a part go. */
  readonly open: (part: PartId) => PartWriter<T>;
  /** Sees every stretch, before it is written. */
  readonly observe?: (chunk: PartChunk) => void;
  readonly progress?: TellProgress;
  /** Bytes of rows after which a new part begins. Parts compare only where it is the same. */
  readonly rowBytes: number;
}

/** So many finished parts may still be on their way to the disk while the next one is written. */
const finishing = 4;
const tailBytes = 256;

/**
 * Takes a dump apart as it streams by: holds no more than a few chunks of it, whatever its size.
 * On an error every open part is aborted, and the error goes on.
 */
export async function cutDump<T>(source: AsyncIterable<Buffer>, options: CutOptions<T>): Promise<CutDump<T>> {
  const cutter = createCutter(options.rowBytes);
  const parts: { id: PartId; sum: Promise<T> }[] = [];
  let current: { key: string; id: PartId; writer: PartWriter<T> } | undefined;
  let bytes = 0;
  let cutBytes = 0;
  let tail: Buffer = Buffer.alloc(0);

  const finishCurrent = async (): Promise<void> => {
    if (current === undefined) return;
    const sum = current.writer.finish();
    sum.catch(() => undefined);
    parts.push({ id: current.id, sum });
    current = undefined;
    await parts.at(-1 - finishing)?.sum;
  };
  const take = async (chunks: readonly PartChunk[]): Promise<void> => {
    for (const chunk of chunks) {
      const key = partKey(chunk.part);
      if (current?.key !== key) {
        await finishCurrent();
        current = { key, id: chunk.part, writer: options.open(chunk.part) };
      }
      options.observe?.(chunk);
      cutBytes += chunk.data.length;
      await current.writer.write(chunk.data);
    }
  };

  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      tail =
        chunk.length >= tailBytes
          ? chunk.subarray(-tailBytes)
          : Buffer.concat([tail, chunk]).subarray(-tailBytes);
      await take(cutter.push(chunk));
      options.progress?.(bytes);
    }
    await take(cutter.end());
    await finishCurrent();
    if (cutBytes !== bytes) throw new Error(`The dump has ${bytes} bytes, its parts have ${cutBytes}.`);
    const sums = await Promise.all(parts.map(async ({ id, sum }) => ({ id, sum: await sum })));
    return { parts: sums, bytes, complete: endsWhole(tail.toString('utf8')) };
  } catch (error) {
    current?.writer.abort();
    await Promise.allSettled(parts.map(({ sum }) => sum));
    throw error;
  }
}

/** Whether this is the end of a whole dump; `--force` and lost connections leave the line out. */
export function endsWhole(tail: string): boolean {
  return /\n-- Dump completed[^\n]*\s*$/.test(tail);
}
