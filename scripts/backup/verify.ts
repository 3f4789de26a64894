import { join } from 'node:path';
import { inStep, stopIfInterrupted, type Context, type TellProgress } from '../core/context.ts';
import { unsound } from '../core/errors.ts';
import { sha256OfText } from '../core/text-hash.ts';
import { codecNamed } from '../dump/codec.ts';
import { namesIn, readIfThere } from '../system/files.ts';
import { archivedBytes, archivesOf, plainFilesOf } from './files/read-archives.ts';
import { verifyFilesArchive } from './files/verify-files.ts';
import { ownerName, partsFolder } from './layout.ts';
import type { Backup } from './list.ts';
import { manifestName, parseManifest } from './manifest.ts';
import { parseProof, proofName } from './proof.ts';
import { verifyParts, verifyPlainFile, verifyStoredParts, type Problem } from './verify-parts.ts';

/** What was verified. */
interface Verified {
  readonly parts: number;
  /** Plain bytes of the dump. */
  readonly dumpBytes: number;
  /** Entries of the files archive; null when the backup has none. */
  readonly files: number | null;
}

/**
 * Verifies a backup against its manifest: every file is there and none beside them, each is stored byte for byte and
 * decompresses to what was dumped, the dump is whole and creates every object of the inventory, and the archive holds
 * what its list says.
 *
 * @param options `trustProof`: of a proven backup, look at the stored bytes of the dump only: the proof has seen what they
 *   decompress to
 * @throws MajError `backup-unsound` (exit code 4) naming every problem; `codec-missing`
 */
export async function verifyBackup(
  context: Context,
  backup: Backup,
  { trustProof = false }: { readonly trustProof?: boolean } = {},
): Promise<Verified> {
  const { manifest } = backup;
  const codec = await codecNamed(context, manifest.codec);
  return inStep(context, 'verify-backup', { id: backup.id }, async (progress) => {
    const total = manifest.dumpBytes + (manifest.files === null ? 0 : archivedBytes(manifest.files));
    let done = 0;
    const forward: TellProgress = (bytes) => {
      stopIfInterrupted(context);
      progress((done += bytes), total);
    };
    const problems = [
      ...(await manifestProblems(backup)),
      ...(await unexpectedFiles(backup)),
      ...(await verifyPlainFile(backup.folder, manifest.restoreScript)),
      ...(trustProof && backup.proof !== null
        ? await verifyStoredParts(backup, forward)
        : await verifyParts(backup, codec, forward)),
      ...(await verifyFilesArchive(backup, codec, forward)),
    ];
    if (problems.length > 0) throw unsound('backup-unsound', { id: backup.id, problems });
    return {
      parts: manifest.parts.length,
      dumpBytes: manifest.dumpBytes,
      files: manifest.files?.count ?? null,
    };
  });
}

/** The manifest on disk must still be the one that was read, and a proof, where there is one, must be readable. */
async function manifestProblems({ folder, manifest }: Backup): Promise<Problem[]> {
  const text = await readIfThere(join(folder, manifestName));
  const parsed = text === undefined ? undefined : parseManifest(text);
  if (text === undefined || parsed === undefined) return [{ file: manifestName, what: 'damaged' }];
  if (parsed.id !== manifest.id) return [{ file: manifestName, what: 'content' }];
  const proofText = await readIfThere(join(folder, proofName));
  if (proofText === undefined) return [];
  const proof = parseProof(proofText);
  if (proof === undefined) return [{ file: proofName, what: 'damaged' }];
  return proof.manifestSha256 === sha256OfText(text) ? [] : [{ file: proofName, what: 'proof' }];
}

/** What is in the folder of a backup and is not in its manifest: a part too many would be loaded by restore.sh. */
async function unexpectedFiles({ folder, manifest }: Backup): Promise<Problem[]> {
  const { files, restoreScript } = manifest;
  const parts = new Set(manifest.parts.map(({ name }) => name));
  const stored = files === null ? [] : [...archivesOf(files), ...plainFilesOf(files)];
  const names = [restoreScript, ...stored].map(({ name }) => name);
  const allowed = new Set([manifestName, proofName, ownerName, partsFolder, ...names]);
  const extra = [
    ...(await namesIn(folder)).filter((name) => !allowed.has(name)),
    ...(await namesIn(join(folder, partsFolder)))
      .filter((name) => !parts.has(name))
      .map((name) => `${partsFolder}/${name}`),
  ];
  return extra.map((file) => ({ file, what: 'extra' }));
}
