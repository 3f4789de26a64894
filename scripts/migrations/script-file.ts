import { readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { keepHeapSmall } from '../system/heap.ts';
import { normalChunks } from './normal-text.ts';

/** How a script is read, as often as it has to be: UTF-8 with LF line ends, without BOM. */
type OpenScript = () => AsyncIterable<Buffer>;

/** What small scripts may take in memory: each by itself, and all of a folder together. */
const smallBytes = 64 * 1024;
const mostKeptBytes = 16 * 1024 * 1024;
/** A seed: its statements are as large as the server takes them. */
const seedBytes = 16 * 1024 * 1024;

/**
 * Opens the scripts of a folder. A script is read three times (its sum, its check, its run): small ones are kept from the
 * first, since a thousand files cost more to open again than to run. Larger ones stream each time.
 */
export class ScriptFiles {
  #keptBytes = 0;

  /**
   * @param file its name, for errors
   * @throws Error of the file system; MajError `migration-encoding`
   */
  async read(path: string, file: string): Promise<OpenScript> {
    const { size } = statSync(path);
    if (size > seedBytes) keepHeapSmall();
    if (size > smallBytes || this.#keptBytes + size > mostKeptBytes)
      return () => normalChunks(readChunks(path), file);
    this.#keptBytes += size;
    const chunks: Buffer[] = [];
    for await (const chunk of normalChunks(only(readFileSync(path)), file)) chunks.push(chunk);
    return () => only(...chunks);
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- what reads scripts awaits their chunks
async function* only(...chunks: readonly Buffer[]): AsyncGenerator<Buffer, void, undefined> {
  yield* chunks;
}

const chunkBytes = 256 * 1024;

/** The bytes of a file, each chunk in the memory of the one before: a seed of gigabytes would leave as much to collect. */
async function* readChunks(path: string): AsyncGenerator<Buffer, void, undefined> {
  const file = await open(path);
  try {
    const memory = Buffer.allocUnsafeSlow(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(memory, 0, chunkBytes);
      if (bytesRead === 0) return;
      yield memory.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
