import { join, relative } from 'node:path';
import type { Context } from '../core/context.ts';
import { exists, makePrivateFolder, writeDurably } from '../system/files.ts';
import { backupsDir, stateDir } from './require.ts';

const reason = '# Made by maj: what is in here holds rows of the database, and is nothing for git.\n';
/** In a folder that is ours, everything. */
const ignoreAll = `${reason}*\n`;
/** In one that may be somebody else's as well: backups, whole or not, and the trash. */
const ignoreBackups = `${reason}/.gitignore\n/.trash/\n/${'[0-9]'.repeat(8)}T${'[0-9]'.repeat(6)}Z-*\n`;

/**
 * Makes `.maj`, and a folder in it. git takes nothing of it, wherever it lies: `git add --all` would hand on the rows of the
 * database, and `git clean -fd` remove the backups.
 *
 * @param path not given: `.maj` itself
 */
export async function makeStateFolder(context: Pick<Context, 'projectDir'>, path?: string): Promise<void> {
  const state = stateDir(context);
  await makePrivateFolder(state);
  await keepFromGit(state, ignoreAll);
  if (path !== undefined) await makePrivateFolder(path);
}

/** Makes the folder of the backups. */
export async function makeBackupsFolder(context: FolderContext): Promise<void> {
  if (isInStateFolder(context)) return makeStateFolder(context, backupsDir(context));
  await makePrivateFolder(backupsDir(context));
}

/** Keeps git from taking the backups in their folder; a `.gitignore` that is there stays as it is. */
export async function keepBackupsFromGit(context: FolderContext): Promise<void> {
  if (!isInStateFolder(context)) await keepFromGit(backupsDir(context), ignoreBackups);
}

type FolderContext = Pick<Context, 'config' | 'projectDir'>;

const isInStateFolder = (context: FolderContext): boolean =>
  !relative(stateDir(context), backupsDir(context)).startsWith('..');

async function keepFromGit(folder: string, text: string): Promise<void> {
  const path = join(folder, '.gitignore');
  if (!(await exists(path))) await writeDurably(path, text);
}
