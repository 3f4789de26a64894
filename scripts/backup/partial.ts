import { access, chmod, constants, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { checkOwnFolder, keepBackupsFromGit, makeBackupsFolder } from '../config/own-folders.ts';
import { backupsDir } from '../config/required-settings.ts';
import { note, type Context } from '../core/context.ts';
import { interrupted } from '../core/errors.ts';
import { sha256OfText } from '../core/text-hash.ts';
import { traits } from '../sql/flavour.ts';
import {
  exists,
  fileFailed,
  namesIn,
  privateFolder,
  readIfThere,
  remove,
  renameDurably,
  statIfThere,
  syncFolder,
  writeDurably,
} from '../system/files.ts';
import { livenessOf, identitySchema, ownIdentity } from '../system/process/identity.ts';
import { backupId, isBackupId, ownerName, partialSuffix, partsFolder, restoreScriptName } from './layout.ts';
import type { Backup } from './list.ts';
import { manifestName, sealedJson, type Manifest } from './manifest.ts';
import { restoreScript } from './restore-script.ts';
import { spaceError } from './space.ts';

/** A backup that is being written. */
export interface PartialBackup {
  readonly id: string;
  readonly createdAt: Date;
  /** Where it is written. */
  readonly folder: string;
  /** Removes it. */
  discard(): Promise<void>;
}

/**
 * Makes the folder of the backups, and checks that this user can write to it.
 *
 * @throws MajError `file-failed`, `disk-filled`
 */
export async function checkWritable(context: Pick<Context, 'config' | 'projectDir' | 'env'>): Promise<void> {
  const backups = backupsDir(context);
  checkOwnFolder(context, 'backups', backups);
  try {
    await makeBackupsFolder(context);
  } catch (error) {
    throw spaceError(error, backups);
  }
  try {
    await access(backups, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw fileFailed(backups, 'written to', error);
  }
}

/**
 * Does work in a backup that is being written, and removes that where the work fails.
 *
 * @throws MajError `interrupted`, `disk-filled`; what the work throws
 */
export async function orDiscard<T>(
  { signal }: Pick<Context, 'signal'>,
  partial: PartialBackup,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await partial.discard();
    throw signal.aborted
      ? interrupted('interrupted', {}, { cause: error })
      : spaceError(error, dirname(partial.folder));
  }
}

/** Makes the folder of a new backup, removing first what dead runs have left. */
export async function openPartial(
  context: Pick<Context, 'report' | 'clock' | 'config' | 'projectDir'>,
  backups: string,
  appVersion: string | null,
): Promise<PartialBackup> {
  await keepBackupsFromGit(context);
  await sweepPartials(context, backups);
  const createdAt = context.clock.now();
  for (let taken = 0; ; taken += 1) {
    const id = backupId(createdAt, appVersion, taken);
    const folder = join(backups, id + partialSuffix);
    if ((await exists(join(backups, id))) || !(await madeFolder(folder))) continue;
    await writeDurably(join(folder, ownerName), JSON.stringify(ownIdentity()));
    return { id, createdAt, folder, discard: () => remove(folder) };
  }
}

/**
 * Completes a backup: the script that restores it without us, then the manifest, then its name, each on disk before
 * the next.
 */
export async function completeBackup(
  partial: PartialBackup,
  content: Omit<Manifest, 'restoreScript'>,
): Promise<Backup> {
  const { name, charset, collation, server } = content.database;
  const [client] = traits.programs[server.flavour].client;
  const facts = { id: content.id, database: name, charset, collation, server: server.text, client };
  const script = restoreScript(facts);
  const scriptPath = join(partial.folder, restoreScriptName);
  await writeDurably(scriptPath, script, privateFolder);
  await chmod(scriptPath, privateFolder);
  await syncFolder(join(partial.folder, partsFolder));
  const restoreScriptSum = {
    name: restoreScriptName,
    bytes: Buffer.byteLength(script),
    sha256: sha256OfText(script),
  };
  const manifest: Manifest = { ...content, restoreScript: restoreScriptSum };
  await writeDurably(join(partial.folder, manifestName), sealedJson(manifest));
  const folder = partial.folder.slice(0, -partialSuffix.length);
  await renameDurably(partial.folder, folder);
  // Last: without it a living run could not be told from a dead one.
  await remove(join(folder, ownerName));
  return { id: partial.id, folder, manifest, proof: null };
}

/** Makes a folder; false when it is there already. */
async function madeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: privateFolder });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw fileFailed(path, 'made', error);
  }
}

/** Removes what backups that were killed have left; what a living run writes, or one elsewhere, stays. */
export async function sweepPartials(context: Pick<Context, 'report'>, folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    const id = name.endsWith(partialSuffix) ? name.slice(0, -partialSuffix.length) : '';
    if (!isBackupId(id)) continue;
    const path = join(folder, name);
    if (!(await isAbandoned(path))) continue;
    await remove(path);
    note(context, 'partial-removed', { path });
  }
}

/** Whether nobody writes this unfinished backup any more. */
export async function isAbandoned(path: string): Promise<boolean> {
  const text = await readIfThere(join(path, ownerName));
  // The folder is made an instant before the file in it: without one, its maker died in between, if long ago.
  if (text === undefined) return (await ageMs(path)) > justMade;
  try {
    const parsed = v.safeParse(identitySchema, JSON.parse(text));
    return !parsed.success || livenessOf(parsed.output) === 'dead';
  } catch {
    return true;
  }
}

const justMade = 60_000;

async function ageMs(path: string): Promise<number> {
  return Date.now() - ((await statIfThere(path))?.mtimeMs ?? 0);
}
