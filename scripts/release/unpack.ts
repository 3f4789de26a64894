import { basename } from 'node:path';
import { stopIfInterrupted, type Context, type Progress } from '../context.ts';
import { MajError, refused, unsound } from '../errors.ts';
import { mkdirSync } from '../system/beneath.ts';
import { createBreather } from '../system/breather.ts';
import { DamagedArchive } from '../system/damaged-archive.ts';
import { fileFailed, privateFolder, remove, systemErrorCode } from '../system/files.ts';
import { readArchive } from '../system/packed-archive.ts';
import { EntryRules } from './entry-rules.ts';
import { packingOf } from './forms.ts';
import { packageLimits, tooTight, type UnpackLimits } from './limits.ts';
import { TreeWriter, unsafe } from './tree-writer.ts';
import type { ReleaseEntry } from './types.ts';

/** A package as it lies unpacked. */
export interface Unpacked {
  readonly entries: readonly ReleaseEntry[];
  /** The SHA-256 of the package as it was unpacked. */
  readonly sha256: string;
}

/**
 * Unpacks a package into a new folder, and writes nowhere else: no name leaves the folder, links are made last (so
 * that nothing is written through one) and lead nowhere but into it, no devices, no setuid, bounded in number and
 * size. A single folder at the top of the archive, as in `app-1.1.0/`, is taken off.
 *
 * Times of files are those of unpacking: PHP's opcache tells a changed file by its time, and packages built
 * reproducibly give every version the same.
 *
 * @param into the folder to make, with the mode that the package gives its top, else 0755: others are kept out by the folder
 *   that it lies in. Removed again when the package is refused
 * @param marker the file that tells the top of the application: APP_VERSION_FILE
 * @throws MajError `package-unsafe`, `package-damaged` (exit 4), `file-failed` (exit 3)
 */
export async function unpackPackage(
  context: Context,
  file: string,
  into: string,
  marker: string,
  progress: Progress = () => undefined,
  limits: UnpackLimits = packageLimits,
): Promise<Unpacked> {
  try {
    mkdirSync(into, privateFolder);
    const packing = packingOf(file);
    const rules = new EntryRules(limits, { backslashes: packing !== 'zip' });
    const tree = new TreeWriter(into, file, rules);
    const sha256 = await readArchive(
      context,
      file,
      packing,
      into,
      (entry) => tree.add(entry),
      (packed, unpacked) => {
        stopIfInterrupted(context);
        if (tooTight(limits, packed, unpacked)) throw unsafe(file, basename(file), 'too-tight');
        progress(unpacked);
      },
    );
    const breathe = createBreather();
    const entries = await tree.finish(marker, async () => {
      await breathe();
      stopIfInterrupted(context);
    });
    return { entries, sha256 };
  } catch (error) {
    await remove(into);
    throw unpackError(file, into, error);
  }
}

function unpackError(file: string, into: string, error: unknown): unknown {
  if (error instanceof MajError) return error;
  if (error instanceof DamagedArchive)
    return unsound('package-damaged', { path: file, reason: error.message }, { cause: error });
  return systemErrorCode(error) === undefined ? error : fileFailed(into, 'unpacked into', error);
}

/** Refuses a package whose content is not the one that was verified: it was changed in between. */
export function checkUnchanged(file: string, verified: string, unpacked: string): void {
  if (verified !== unpacked) throw refused('package-changed', { path: file });
}
