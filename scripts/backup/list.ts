import { basename, join } from 'node:path';
import { checkOwnFolder } from '../config/own-folders.ts';
import { backupsDir } from '../config/required-settings.ts';
import { warn, type Context } from '../core/context.ts';
import { sha256OfText } from '../core/text-hash.ts';
import { ownershipOf, type DatabaseIdentity, type Whose } from '../database/same-database.ts';
import { namesIn, readIfThere, statIfThere } from '../system/files.ts';
import { archivesOf, plainFilesOf } from './files/read-archives.ts';
import { isBackupId, partPath } from './layout.ts';
import { manifestName, parseManifest, type Manifest } from './manifest.ts';
import { parseProof, proofName, type Proof } from './proof.ts';

/** A complete backup. */
export interface Backup {
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Its proof, where there is one for this very manifest. */
  readonly proof: Proof | null;
}

/** A backup with its proof. */
export interface ProvenBackup extends Backup {
  readonly proof: Proof;
}

export type ListContext = Pick<Context, 'config' | 'projectDir' | 'report' | 'env'>;

/**
 * The complete backups, newest first; of a folder of backups that others may change, none: see `checkOwnFolder`. What has no manifest is not a backup; a folder whose manifest is damaged is
 * named in a warning and left out.
 */
export async function listBackups(context: ListContext): Promise<Backup[]> {
  const folder = backupsDir(context);
  checkOwnFolder(context, 'backups', folder);
  const backups: Backup[] = [];
  for (const name of (await namesIn(folder)).filter(isBackupId)) {
    const path = join(folder, name);
    const text = await readIfThere(join(path, manifestName));
    if (text === undefined) continue;
    const backup = await backupFrom(path, text);
    if (backup === undefined) warn(context, 'manifest-damaged', { path });
    else backups.push(backup);
  }
  return backups.sort(
    (a, b) => compareTexts(b.manifest.createdAt, a.manifest.createdAt) || compareTexts(b.id, a.id),
  );
}

/** The database that a backup is of. */
export const databaseOf = ({ manifest: { database } }: Backup): DatabaseIdentity => ({
  name: database.name,
  anyCase: (database.lowerCaseTableNames ?? 0) > 0,
  ...database.identity,
});

/** Whose a backup is, as seen from a database; where the settings name none, all are its own. */
export const whoseBackup = (backup: Backup, live: DatabaseIdentity | undefined): Whose =>
  live === undefined ? 'own' : ownershipOf(databaseOf(backup), live);

/** Those of one database, in the order given. */
export const backupsOf = (live: DatabaseIdentity | undefined, backups: readonly Backup[]): Backup[] =>
  backups.filter((backup) => whoseBackup(backup, live) === 'own');

/** The backup in a folder; undefined where there is none, or none that can be read. */
export async function readBackup(folder: string): Promise<Backup | undefined> {
  const text = await readIfThere(join(folder, manifestName));
  return text === undefined ? undefined : backupFrom(folder, text);
}

export async function backupFrom(folder: string, text: string): Promise<Backup | undefined> {
  const manifest = parseManifest(text);
  if (manifest === undefined) return undefined;
  const proofFile = await readIfThere(join(folder, proofName));
  const proof = proofFile === undefined ? undefined : parseProof(proofFile);
  const holds = proof?.manifestSha256 === sha256OfText(text);
  return { id: basename(folder), folder, manifest, proof: proof !== undefined && holds ? proof : null };
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The first file of a backup that is not there, or has another size than its manifest says; undefined: all are there. Quick:
 * what they hold is for `verify`.
 */
export async function missingPart({
  folder,
  manifest: { parts, files, restoreScript },
}: Backup): Promise<string | undefined> {
  const plain = [restoreScript, ...(files === null ? [] : plainFilesOf(files))];
  const archives = files === null ? [] : archivesOf(files);
  const expected = [
    ...parts.map(({ name, storedBytes }) => ({ path: partPath(folder, name), name, size: storedBytes })),
    ...archives.map(({ name, storedBytes }) => ({ path: join(folder, name), name, size: storedBytes })),
    ...plain.map(({ name, bytes }) => ({ path: join(folder, name), name, size: bytes })),
  ];
  for (const { path, name, size } of expected) {
    const found = await statIfThere(path);
    if (found?.isFile() !== true || found.size !== size) return name;
  }
  return undefined;
}
