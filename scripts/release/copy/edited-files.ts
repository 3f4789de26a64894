import { join } from 'node:path';
import { note, type Context } from '../../core/context.ts';
import { reasonOf, MajError } from '../../core/errors.ts';
import { unifiedDiff } from '../../core/unified-diff.ts';
import type { ReleaseEntry } from '../../package/types.ts';
import { unpackPackage } from '../../package/unpack.ts';
import { readBytesSync } from '../../system/symlink-safe-fs.ts';
import { fileFailed, remove } from '../../system/files.ts';
import { mayHoldSecrets, secretLines } from '../hide-secret-lines.ts';
import type { ReleaseList } from '../installed.ts';
import { entryAt } from '../tree.ts';

/** What was done to a file of the installed release, as far as it may be shown. */
export type EditedFile =
  | {
      readonly kind: 'diff';
      readonly path: string;
      readonly lines: readonly string[];
      /** How many more lines the difference has. */
      readonly more: number;
    }
  | { readonly kind: Unshown; readonly path: string };

/**
 * Why a difference is not shown: the original is not at hand; it is no text; its content is nobody's business; it is too
 * long to compare; it became a folder, a link or something else; enough others are shown.
 */
export type Unshown = 'no-original' | 'binary' | 'secret' | 'large' | 'not-a-file' | 'too-many';

/** How much is shown: a report is read by somebody. */
export const editedLimits = { files: 20, lines: 40, bytes: 200_000 };

const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/**
 * Shows how a file was edited: pure. Lines that speak of a password, a key or the like are not shown, whatever the file
 * is called.
 */
export function showEdited(path: string, original: Buffer | undefined, edited: Buffer): EditedFile {
  if (mayHoldSecrets(path)) return { kind: 'secret', path };
  if (original === undefined) return { kind: 'no-original', path };
  if (original.length > editedLimits.bytes || edited.length > editedLimits.bytes)
    return { kind: 'large', path };
  const [before, after] = [textOf(original), textOf(edited)];
  if (before === undefined || after === undefined) return { kind: 'binary', path };
  if (privateKey.test(before) || privateKey.test(after)) return { kind: 'secret', path };
  const lines = withoutSecrets(
    unifiedDiff(path, before, after, { before: 'of the release', after: 'here' }),
    before,
    after,
  ).map(printable);
  return {
    kind: 'diff',
    path,
    lines: lines.slice(0, editedLimits.lines),
    more: Math.max(0, lines.length - editedLimits.lines),
  };
}

/** The text of a file; undefined when it is none. */
function textOf(content: Buffer): string | undefined {
  if (content.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

/** The lines of a difference, without those that are secret in the text that they are of. */
function withoutSecrets(lines: readonly string[], before: string, after: string): readonly string[] {
  const secret = { before: secretLines(before), after: secretLines(after) };
  const at = { before: 0, after: 0 };
  const shown: string[] = [];
  for (const [index, line] of lines.entries()) {
    const hunk = /^@@ -(\d+)\S* \+(\d+)/.exec(line);
    if (hunk !== null) Object.assign(at, { before: Number(hunk[1]) - 1, after: Number(hunk[2]) - 1 });
    // The two names on top, by their place: a removed line `-- DB_PASS` looks like one.
    if (hunk !== null || index < 2) {
      shown.push(line);
      continue;
    }
    const isSecret = sidesOf(line)
      .map((side) => secret[side][at[side]++])
      .includes(true);
    shown.push(isSecret ? `${line.slice(0, 1)}…` : line);
  }
  return shown;
}

const sidesOf = (line: string): readonly ('before' | 'after')[] => sides[line.slice(0, 1)] ?? [];
/** Not `\ No newline at end of file`. */
const sides: Readonly<Record<string, readonly ('before' | 'after')[]>> = {
  '-': ['before'],
  '+': ['after'],
  ' ': ['before', 'after'],
};

/** Without whatever would move the cursor or colour the terminal. */
const printable = (line: string): string => line.replaceAll(/[^\P{Cc}\t]/gu, '\ufffd').slice(0, 200);

/** Where the package of the installed release is unpacked for a while, beside a staged tree. */
export const originalsOf = (staged: string): string => `${staged}.originals`;

/**
 * Shows how files of the installed release were edited, where its package is still where it was and unchanged; of others
 * only the names are known.
 *
 * @param staged the staged tree of the coming release: the package is unpacked beside it, and removed again
 */
export async function showModified(
  context: Context,
  live: string,
  list: ReleaseList,
  staged: string,
  modified: readonly string[],
): Promise<readonly EditedFile[]> {
  const originals = originalsOf(staged);
  const released = new Map(list.entries.map((entry) => [entry.path, entry]));
  const wanted = modified.filter((path) => isComparable(live, path, released.get(path)));
  try {
    const there = wanted.length > 0 && (await unpackOriginals(context, list, originals));
    const files: EditedFile[] = [];
    for (const path of modified) {
      if (files.filter(({ kind }) => kind === 'diff').length >= editedLimits.files)
        files.push({ kind: 'too-many', path });
      else files.push(showOne(live, path, released.get(path), there ? originals : undefined));
    }
    return files;
  } finally {
    await remove(originals);
  }
}

/** Whether there may be something to show: a package is not unpacked for images. */
function isComparable(live: string, path: string, released: ReleaseEntry | undefined): boolean {
  const size = entryAt(live, path)?.bytes ?? 0;
  return released?.type === 'file' && size <= editedLimits.bytes && !mayHoldSecrets(path);
}

function showOne(
  live: string,
  path: string,
  released: ReleaseEntry | undefined,
  originals: string | undefined,
): EditedFile {
  const here = entryAt(live, path);
  if (released?.type !== 'file' || here?.type !== 'file') return { kind: 'not-a-file', path };
  if (mayHoldSecrets(path)) return { kind: 'secret', path };
  if (here.bytes > editedLimits.bytes || released.bytes > editedLimits.bytes) return { kind: 'large', path };
  const hasOriginal = originals !== undefined && entryAt(originals, path)?.type === 'file';
  return showEdited(path, hasOriginal ? read(join(originals, path)) : undefined, read(join(live, path)));
}

function read(path: string): Buffer {
  try {
    return readBytesSync(path);
  } catch (error) {
    throw fileFailed(path, 'read', error);
  }
}

/** Whether the installed release's package is still there: the same one, by its sum. */
async function unpackOriginals(context: Context, list: ReleaseList, into: string): Promise<boolean> {
  if (list.package === undefined || entryAt(list.package, '')?.type !== 'file') return false;
  try {
    const { sha256 } = await unpackPackage(context, list.package, into, context.config.APP_VERSION_FILE);
    return sha256 === list.sha256;
  } catch (error) {
    // Only what could have been shown is lost, unless the user asked to stop.
    if (!(error instanceof MajError) || error.code === 'interrupted') throw error;
    note(context, 'originals-unreadable', { path: list.package, reason: reasonOf(error) });
    return false;
  }
}
