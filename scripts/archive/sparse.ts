import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { writeWholeSync } from '../system/files.ts';
import { DamagedArchive } from './byte-reader.ts';
import { inBlocks } from './pax.ts';

/** A stretch of a file, in bytes, with something in it; between two of them, and behind the last one, are zeros. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

const pieceBytes = 1024 * 1024;
const zeros = Buffer.alloc(pieceBytes);

/** Whether there is nothing but zeros in it. */
export const isZero = (data: Buffer): boolean => {
  for (let at = 0; at < data.length; at += pieceBytes) {
    const piece = data.subarray(at, at + pieceBytes);
    if (!piece.equals(zeros.subarray(0, piece.length))) return false;
  }
  return true;
};

/** So many zeros, in pieces of a size that is good to work with. */
export function* zeroPieces(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= pieceBytes) yield zeros.subarray(0, Math.min(left, pieceBytes));
}

/** stat(2): blocks are counted in units of 512 bytes, whatever those of the file system are. */
export const statBlockBytes = 512;

/** Bytes that a file takes on disk by its `stat`, but no more than its size. */
export const bytesOnDisk = ({ blocks, size }: { blocks: number; size: number }): number =>
  Math.min(size, blocks * statBlockBytes);

/** Holes smaller than this are not worth their place in a list. */
export const leastHole = 64 * 1024;
/** How many stretches a file is looked at in, at most: what bounds the list of them. */
const mostUnits = 8192;

/**
 * Where in an open file that takes less room than it is long there is something: Node cannot ask the system for its holes
 * (SEEK_HOLE), so it is read, a hole as quickly as memory. Compressing file systems hold less than they say as well.
 *
 * @param breathe called between two pieces
 * @returns undefined where there are no holes
 */
export async function extentsOf(
  file: number,
  size: number,
  breathe: () => Promise<void>,
): Promise<readonly Extent[] | undefined> {
  const unit = Math.ceil(Math.max(leastHole, size / mostUnits) / leastHole) * leastHole;
  const buffer = Buffer.allocUnsafe(Math.min(unit, pieceBytes));
  const extents: { offset: number; length: number }[] = [];
  let holes = 0;
  for (let offset = 0; offset < size; offset += unit) {
    await breathe();
    const length = Math.min(unit, size - offset);
    if (!hasContent(file, buffer, offset, length)) {
      holes += length;
      continue;
    }
    const last = extents.at(-1);
    if (last !== undefined && last.offset + last.length === offset) last.length += length;
    else extents.push({ offset, length });
  }
  return holes >= leastHole ? extents : undefined;
}

function hasContent(file: number, buffer: Buffer, from: number, length: number): boolean {
  for (let at = from; at < from + length;) {
    const got = readSync(file, buffer, 0, Math.min(buffer.length, from + length - at), at);
    // It has become shorter.
    if (got === 0) return false;
    if (!isZero(buffer.subarray(0, got))) return true;
    at += got;
  }
  return false;
}

/** Writes a file from its start on, a piece after the other; of zeros it makes holes. */
export function holeWriter(file: number): { write(data: Buffer): void; finish(): void } {
  let position = 0;
  return {
    write: (data) => {
      if (!isZero(data))
        for (let done = 0; done < data.length;)
          done += writeSync(file, data, done, data.length - done, position + done);
      position += data.length;
    },
    finish: () => ftruncateSync(file, position),
  };
}

/** The same without holes. */
export const plainWriter = (file: number): ReturnType<typeof holeWriter> => ({
  write: (data) => writeWholeSync(file, data),
  finish: () => undefined,
});

/**
 * The list of extents that comes before the content of a sparse file in GNU tar's format 1.0 (its manual, "Storing Sparse
 * Files"): their number, then offset and length of each, a line each in decimal, filled up to blocks of 512 bytes. An empty
 * one at the end tells the length of a file that ends with a hole.
 */
export function sparseMap(extents: readonly Extent[], size: number): Buffer {
  const last = extents.at(-1);
  const all =
    last?.offset === size || (last?.offset ?? 0) + (last?.length ?? 0) === size
      ? extents
      : [...extents, { offset: size, length: 0 }];
  const text = [all.length, ...all.flatMap(({ offset, length }) => [offset, length])].join('\n');
  const map = Buffer.alloc(inBlocks(text.length + 1));
  map.write(`${text}\n`, 'latin1');
  return map;
}

/**
 * Reads such a list from what comes, a block after the other.
 *
 * @param size of the whole file
 * @throws DamagedArchive
 */
export async function readSparseMap(block: () => Promise<Buffer>, size: number): Promise<readonly Extent[]> {
  let text = '';
  const numbers: number[] = [];
  let wanted = 1;
  while (numbers.length < wanted) {
    text += (await block()).toString('latin1');
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (numbers.length === wanted) break;
      if (!/^\d{1,16}$/.test(line)) throw new DamagedArchive('the map of a sparse file is damaged');
      numbers.push(Number(line));
      if (numbers.length === 1) wanted = 1 + 2 * Number(line);
    }
    if (wanted > 1 + 4 * mostUnits) throw new DamagedArchive('the map of a sparse file is too long');
  }
  const extents: Extent[] = [];
  let end = 0;
  for (let at = 1; at < wanted; at += 2) {
    const [offset = 0, length = 0] = numbers.slice(at, at + 2);
    if (offset < end || offset + length > size)
      throw new DamagedArchive('the map of a sparse file does not fit');
    end = offset + length;
    extents.push({ offset, length });
  }
  return extents;
}
