import * as v from 'valibot';
import type { ArchiveEntry } from '../system/archives.ts';

const entry = v.strictObject({
  path: v.string(),
  type: v.picklist(['file', 'folder', 'link']),
  /** Bytes. */
  size: v.number(),
  /** Octal, as `chmod` takes it. */
  mode: v.pipe(v.string(), v.regex(/^[0-7]{1,5}$/)),
  sha256: v.nullable(v.string()),
  target: v.nullable(v.string()),
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
});

/** One line of `files.list`. */
export const listLine = (file: ListedFile): string => `${JSON.stringify(file)}\n`;

/** Reads a `files.list`; undefined when a line of it is not one. */
export function parseFilesList(text: string): Map<string, ListedFile> | undefined {
  const files = new Map<string, ListedFile>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const parsed = parseLine(line);
    if (parsed === undefined) return undefined;
    files.set(parsed.path, parsed);
  }
  return files;
}

function parseLine(line: string): ListedFile | undefined {
  try {
    const parsed = v.safeParse(entry, JSON.parse(line));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** Why an entry of the archive is not what the list says of it; undefined when it is. */
export function entryDifference(listed: ListedFile | undefined, found: ListedFile): string | undefined {
  if (listed === undefined) return 'is not in files.list';
  for (const field of ['type', 'size', 'sha256', 'mode', 'target'] as const) {
    if (listed[field] !== found[field]) return `has another ${field === 'sha256' ? 'content' : field}`;
  }
  return undefined;
}
