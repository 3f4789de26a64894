import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { ArchiveEntry } from '../../archive/archives.ts';
import { createWriteBatch } from '../../dump/store.ts';
import { attributesSum } from '../../system/attributes.ts';
import { privateFile, readIfThere } from '../../system/files.ts';
import type { ManifestFiles } from '../manifest.ts';

const entry = v.strictObject({
  path: v.string(),
  type: v.picklist(['file', 'folder', 'link', 'hardlink']),
  /** Bytes. */
  size: v.number(),
  /** Octal, as `chmod` takes it. */
  mode: v.pipe(v.string(), v.regex(/^[0-7]{1,5}$/)),
  sha256: v.nullable(v.string()),
  target: v.nullable(v.string()),
  /** The sum of its extended attributes, lists of access among them; absent where there are none. */
  attributes: v.optional(v.string()),
});

/** A line of `files.list`: what was read, as it was read. */
export type ListedFile = v.InferOutput<typeof entry>;

/** An entry of an archive as the list has it. */
export const listedEntry = (entry: ArchiveEntry, sha256: string | null): ListedFile => ({
  path: entry.path,
  type: entry.type,
  size: entry.size,
  mode: entry.mode.toString(8),
  sha256,
  target: entry.target,
  ...(entry.attributes.size === 0 ? {} : { attributes: attributesSum(entry.attributes) }),
});

/** One line of `files.list`. */
export const listLine = (file: ListedFile): string => `${JSON.stringify(file)}\n`;

/** Reads a `files.list`; undefined when a line of it is not one. */
export function parseFilesList(text: string): Map<string, ListedFile> | undefined {
  const files = new Map<string, ListedFile>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const parsed = parseListLine(line);
    if (parsed === undefined) return undefined;
    files.set(parsed.path, parsed);
  }
  return files;
}

/** Reads one line of it. */
export function parseListLine(line: string): ListedFile | undefined {
  try {
    const parsed = v.safeParse(entry, JSON.parse(line));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Holds what comes out of the archives of a backup against its list. Of two entries with one path the later counts, as it does
 * when they are unpacked.
 */
export function createListComparison(listed: ReadonlyMap<string, ListedFile>): {
  /** @param sha256 of its content; null for all but files */
  see(entry: ArchiveEntry, sha256: string | null): void;
  /** What is not as listed, each with its path. */
  found(): string[];
} {
  const found = new Map<string, string>([...listed.keys()].map((path) => [path, 'is missing']));
  return {
    see: (entry, sha256) => {
      const difference = entryDifference(listed.get(entry.path), listedEntry(entry, sha256));
      if (difference === undefined) found.delete(entry.path);
      else found.set(entry.path, difference);
    },
    found: () => [...found].map(([path, difference]) => `${path} ${difference}`),
  };
}

/** Why an entry of the archive is not what the list says of it; undefined when it is. */
export function entryDifference(listed: ListedFile | undefined, found: ListedFile): string | undefined {
  if (listed === undefined) return 'is not in files.list';
  const field = (Object.keys(differences) as (keyof typeof differences)[]).find(
    (name) => listed[name] !== found[name],
  );
  return field === undefined ? undefined : `has ${differences[field]}`;
}

const differences = {
  type: 'another type',
  size: 'another size',
  sha256: 'another content',
  mode: 'another mode',
  target: 'another target',
  attributes: 'other extended attributes',
};

/** Reads the list of the files of a backup; undefined where it is not there, or is none. */
export async function readFilesList(
  folder: string,
  { list }: Pick<ManifestFiles, 'list'>,
): Promise<ReadonlyMap<string, ListedFile> | undefined> {
  const text = await readIfThere(join(folder, list.name));
  return text === undefined ? undefined : parseFilesList(text);
}

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
