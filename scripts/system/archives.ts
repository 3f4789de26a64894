import { Header, Parser, Pax, type ReadEntry } from 'tar';

/** An entry of one of our own archives. */
export interface ArchiveEntry {
  /** Relative to the root of the archive, without `./` and without a slash at its end. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link';
  /** The permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedAt: Date;
  /** Bytes of content; 0 for folders and links. */
  readonly size: number;
  /** Where a symbolic link points; null for others. */
  readonly target: string | null;
}

const blockSize = 512;
const tarTypes = { file: 'File', folder: 'Directory', link: 'SymbolicLink' } as const;

/**
 * The header of an entry, as GNU tar and bsdtar read it; the content and `archivePadding` follow. We write entries
 * ourselves: node-tar's own packer gives up on a file that changes while it is read, and keeps no hash of what it read.
 */
export function archiveHeader(entry: ArchiveEntry): Buffer {
  const fields = {
    path: entry.type === 'folder' ? `${entry.path}/` : entry.path,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: entry.size,
    mtime: entry.modifiedAt,
    ...(entry.target === null ? {} : { linkpath: entry.target }),
  };
  const header = new Header({ ...fields, type: tarTypes[entry.type] });
  const tooLong = header.encode();
  const block = header.block ?? Buffer.alloc(0);
  return tooLong ? Buffer.concat([new Pax(fields).encode(), block]) : block;
}

/** What fills up the last block of a content of so many bytes. */
export const archivePadding = (size: number): Buffer =>
  Buffer.alloc((blockSize - (size % blockSize)) % blockSize);

/** The end of an archive. */
export const archiveEnd: Buffer = Buffer.alloc(2 * blockSize);

/** Looks at an entry, and reads its content to the end. */
export type VisitEntry = (entry: ArchiveEntry, content: AsyncIterable<Buffer>) => Promise<void>;

/**
 * Reads a plain tar, an entry after the other. Anything that is not a regular file, a folder or a symbolic link is an
 * error, as is anything that node-tar finds odd. An archive that was cut between two entries reads without an error:
 * compare what came with a list.
 */
export async function readArchive(source: AsyncIterable<Buffer>, visit: VisitEntry): Promise<void> {
  const parser = new Parser({ strict: true });
  let failed: { error: unknown } | undefined;
  let visits: Promise<void> = Promise.resolve();
  let wake = (): void => undefined;
  const fail = (error: unknown): void => {
    failed ??= { error };
    wake();
  };
  const ended = new Promise<void>((resolve) => {
    parser.on('end', resolve);
    parser.on('error', (error: unknown) => {
      fail(error);
      resolve();
    });
  });
  parser.on('drain', () => wake());
  parser.on('entry', (entry: ReadEntry) => {
    visits = visits.then(async () => {
      if (failed === undefined) await visit(ourEntry(entry), entry);
      // An entry without content ends only when it is read, too.
      entry.resume();
    });
    visits.catch((error: unknown) => {
      fail(error);
      entry.resume();
    });
  });
  const rethrow = (): void => {
    if (failed !== undefined) throw failed.error;
  };
  for await (const chunk of source) {
    rethrow();
    const drained = new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (!parser.write(chunk)) await drained;
  }
  rethrow();
  parser.end();
  await Promise.race([ended, visits.then(() => ended)]);
  await visits;
  rethrow();
}

function ourEntry(entry: ReadEntry): ArchiveEntry {
  const type = (Object.keys(tarTypes) as ArchiveEntry['type'][]).find(
    (name) => tarTypes[name] === entry.type,
  );
  if (type === undefined) throw new Error(`${entry.path} is a ${entry.type}`);
  return {
    path: entry.path.replace(/\/+$/, ''),
    type,
    mode: (entry.mode ?? 0) & 0o7777,
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    modifiedAt: entry.mtime ?? new Date(0),
    size: type === 'file' ? entry.size : 0,
    target: type === 'link' ? (entry.linkpath ?? '') : null,
  };
}
