import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createWriteBatch } from '../../dump/store.ts';
import { privateFile } from '../../system/files.ts';
import { listLine, type ListedFile } from './files-list.ts';

/** What went into an archive. */
export interface ArchivedFiles {
  /** Entries: files, folders and links. */
  readonly count: number;
  /** Bytes of the regular files. */
  readonly bytes: number;
  /** Bytes of holes among them. */
  readonly holes: number;
  readonly list: { readonly bytes: number; readonly sha256: string };
}

/** What a list is told of a thing. */
interface Entry {
  readonly listed: ListedFile;
  /** Bytes of its holes. */
  readonly holes: number;
}

/** Writes a list of what goes into an archive. */
interface ListWriter<E extends Entry> {
  add(entry: E): Promise<void>;
  /** Flushes it to disk. */
  finish(): Promise<ArchivedFiles>;
  close(): Promise<void>;
}

/**
 * Begins a new list, and counts what is added to it.
 *
 * @param lineOf an entry as a line: by default, that of a `files.list`
 */
export async function createList<E extends Entry>(
  path: string,
  lineOf: (entry: E) => string = ({ listed }) => listLine(listed),
): Promise<ListWriter<E>> {
  const file = await open(path, 'wx', privateFile);
  const lines = createWriteBatch({ write: (data) => file.writeFile(data) });
  const hash = createHash('sha256');
  const sums = { count: 0, bytes: 0, holes: 0 };
  let listBytes = 0;
  return {
    add: async (entry) => {
      const { listed, holes } = entry;
      const line = Buffer.from(lineOf(entry));
      hash.update(line);
      listBytes += line.length;
      await lines.add(line);
      sums.count += 1;
      sums.bytes += listed.size;
      sums.holes += holes;
    },
    finish: async () => {
      await lines.flush();
      await file.datasync();
      return { ...sums, list: { bytes: listBytes, sha256: hash.digest('hex') } };
    },
    close: () => file.close(),
  };
}
