import { join } from 'node:path';
import * as v from 'valibot';
import { makeStateFolder } from '../config/own-folders.ts';
import { stateDir } from '../config/required-settings.ts';
import { note, type Context } from '../core/context.ts';
import { unsound } from '../core/errors.ts';
import { isSameVersion } from '../core/versions.ts';
import { releaseEntrySchema, type ReleaseEntry } from '../package/types.ts';
import { namesIn, readIfThere, removeWritten, writeDurably } from '../system/files.ts';
import type { StagedRelease } from './types.ts';

const listSchema = v.object({
  format: v.literal(1),
  version: v.string(),
  /** Of the package. */
  sha256: v.string(),
  /** Where the package was, if it was a file: what it held can be read there, as long as it is there. */
  package: v.optional(v.string()),
  /** Of the application's repository, where the package was made of one. */
  commit: v.optional(v.string()),
  /** Whether what the dependencies command made is among the entries. */
  complete: v.boolean(),
  /** The paths among them that the package does not hold: that command made them. Older lists do not tell. */
  made: v.optional(v.array(v.string()), []),
  entries: v.array(releaseEntrySchema),
});

/** What a release consists of: what its package holds, and what the dependencies command made of it. */
export type ReleaseList = v.InferOutput<typeof listSchema>;

/** The lists of the releases that were installed by maj. */
const listsDir = (context: Pick<Context, 'projectDir'>): string => join(stateDir(context), 'releases');

/**
 * The list of the release that is installed; undefined when maj did not install it. It may be named otherwise (`6.4.0`) than
 * the tree says now (`6.4`), where that is read from another file since.
 *
 * @throws MajError `release-list-damaged`
 */
export async function installedList(context: Context, version: string): Promise<ReleaseList | undefined> {
  const folder = listsDir(context);
  const list = await readReleaseList(join(folder, listName(version)));
  if (list !== undefined) return list;
  const other = (await namesIn(folder)).find((name) => isSameVersion(versionOfList(name), version));
  return other === undefined ? undefined : readReleaseList(join(folder, other));
}

const listName = (version: string): string => `${encodeURIComponent(version)}.json`;

/** The version that a list is named after; another maj may have put anything there. */
function versionOfList(name: string): string | null {
  try {
    return name.endsWith('.json') ? decodeURIComponent(name.slice(0, -'.json'.length)) : null;
  } catch {
    return null;
  }
}

/** Reads a list; undefined when it is not there. */
export async function readReleaseList(path: string): Promise<ReleaseList | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return v.parse(listSchema, JSON.parse(text));
  } catch (error) {
    throw unsound('release-list-damaged', { path }, { cause: error });
  }
}

/**
 * The list of a package as it was unpacked.
 *
 * @param complete no dependencies command will add to it
 */
export const listOfPackage = (
  {
    entries,
    commit,
    ...named
  }: Pick<ReleaseList, 'version' | 'sha256' | 'package' | 'commit'> & {
    readonly entries: readonly ReleaseEntry[];
  },
  complete: boolean,
): ReleaseList => ({
  format: 1,
  ...named,
  ...(commit === undefined ? {} : { commit }),
  ...{ complete, made: [], entries: [...entries] },
});

/** Writes a list. */
export async function writeReleaseList(path: string, list: ReleaseList): Promise<void> {
  await writeDurably(path, `${JSON.stringify(list)}\n`);
}

/**
 * Keeps the list of a release that is now installed, so that the next upgrade can tell files that were added or
 * edited here from the release's own.
 */
export async function recordInstalled(context: Context, staged: Pick<StagedRelease, 'list'>): Promise<void> {
  const list = await readReleaseList(staged.list);
  if (list === undefined) {
    note(context, 'release-list-missing', { path: staged.list });
    return;
  }
  await keepList(context, list);
  await removeWritten(staged.list);
}

/** Keeps the list of the release that is installed. */
export async function keepList(context: Context, list: ReleaseList): Promise<void> {
  await makeStateFolder(context, listsDir(context));
  await writeReleaseList(join(listsDir(context), listName(list.version)), list);
}
