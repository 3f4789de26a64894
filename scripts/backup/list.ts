import { basename, join, resolve } from 'node:path';
import { backupsDir } from '../config/require.ts';
import { checkOwnFolder } from '../config/stranger.ts';
import { warn, type Context } from '../core/context.ts';
import { refused, unsound } from '../core/errors.ts';
import { sha256OfText } from '../core/text-hash.ts';
import { liveDatabase, whose, type DatabaseIdentity, type Whose } from '../database/identity.ts';
import { exists, namesIn, readIfThere } from '../system/files.ts';
import { isBackupId } from './layout.ts';
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

type ListContext = Pick<Context, 'config' | 'projectDir' | 'report' | 'env'>;
type OwnContext = ListContext & Pick<Context, 'signal'>;

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
  live === undefined ? 'own' : whose(databaseOf(backup), live);

/** Those of one database, in the order given. */
export const backupsOf = (live: DatabaseIdentity | undefined, backups: readonly Backup[]): Backup[] =>
  backups.filter((backup) => whoseBackup(backup, live) === 'own');

/** The complete backups of the database that the settings name, newest first. */
export const listOwnBackups = async (context: OwnContext): Promise<Backup[]> =>
  backupsOf(await liveDatabase(context), await listBackups(context));

/**
 * Finds a backup by its id or by its path, of whatever database it is; or the newest one of the database that the
 * settings name.
 *
 * @throws MajError `no-backup`, `backup-not-found`, `folder-of-another` (exit code 3); `manifest-invalid` (4)
 */
export async function findBackup(context: OwnContext, idOrPath: string | undefined): Promise<Backup> {
  const folder = backupsDir(context);
  if (idOrPath === undefined) {
    const [live, all] = [await liveDatabase(context), await listBackups(context)];
    const [newest] = backupsOf(live, all);
    if (newest === undefined) throw refused('no-backup', { folder, database: live, others: all.length });
    return newest;
  }
  const path = isBackupId(idOrPath) ? join(folder, idOrPath) : resolve(context.projectDir, idOrPath);
  checkOwnFolder(context, 'backups', path);
  const text = await readIfThere(join(path, manifestName));
  if (text === undefined) {
    const known = (await listOwnBackups(context)).map(({ id }) => id);
    throw refused('backup-not-found', { path, incomplete: await exists(path), known: known.slice(0, 5) });
  }
  const backup = await backupFrom(path, text);
  if (backup === undefined) throw unsound('manifest-invalid', { path: join(path, manifestName) });
  return backup;
}

/** The backup in a folder; undefined where there is none, or none that can be read. */
export async function readBackup(folder: string): Promise<Backup | undefined> {
  const text = await readIfThere(join(folder, manifestName));
  return text === undefined ? undefined : backupFrom(folder, text);
}

async function backupFrom(folder: string, text: string): Promise<Backup | undefined> {
  const manifest = parseManifest(text);
  if (manifest === undefined) return undefined;
  const proofFile = await readIfThere(join(folder, proofName));
  const proof = proofFile === undefined ? undefined : parseProof(proofFile);
  const holds = proof?.manifestSha256 === sha256OfText(text);
  return { id: basename(folder), folder, manifest, proof: proof !== undefined && holds ? proof : null };
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A backup that is named, and what it is named for: facts for questions and errors. */
export interface NamedBackup {
  readonly id: string;
  readonly whose: Whose;
  /** The database that the backup is of. */
  readonly of: DatabaseIdentity;
  /** The one that the settings name; undefined: none. */
  readonly live: DatabaseIdentity | undefined;
}

/** What is to be said of a backup, seen from the database of the settings. */
export const namedBackup = (backup: Backup, live: DatabaseIdentity | undefined): NamedBackup => ({
  id: backup.id,
  whose: whoseBackup(backup, live),
  of: databaseOf(backup),
  live,
});

/**
 * Refuses to rehearse on a backup of another database: the receipt speaks of the one that the settings name.
 *
 * @throws MajError `rehearsed-on-another`
 */
export function refuseOthersRehearsal(backup: Backup, live: DatabaseIdentity): void {
  const named = namedBackup(backup, live);
  if (named.whose !== 'own') throw refused('rehearsed-on-another', named);
}

/**
 * Refuses to put a backup of a database of another name into this one, unless that was asked for in words. One of this
 * name on another server is let through, to a question that says so: a server may have moved, a replica been promoted.
 *
 * @throws MajError `restore-of-another`
 */
export function refuseOthersRestore(named: NamedBackup, asked: boolean): void {
  if (named.whose === 'other-database' && !asked) throw refused('restore-of-another', named);
}
