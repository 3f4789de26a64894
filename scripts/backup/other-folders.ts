import { join } from 'node:path';
import { namesIn, readIfThere } from '../system/files.ts';
import { isBackupId, partialSuffix } from './backup-id.ts';
import { manifestName, parseManifest } from './manifest.ts';
import { isAbandoned } from './sweep.ts';

/** What stands among the backups and is none. */
export interface OtherFolder {
  /** The folder's name. */
  readonly id: string;
  /** Without a manifest; without one yet; with one that cannot be read. */
  readonly what: 'incomplete' | 'being-written' | 'damaged';
}

/** The folders that have the name of a backup and are no complete one, in the order of their names. */
export async function otherFolders(backups: string): Promise<OtherFolder[]> {
  const others: OtherFolder[] = [];
  for (const id of await namesIn(backups)) {
    const path = join(backups, id);
    if (isBackupId(id)) {
      const text = await readIfThere(join(path, manifestName));
      if (text === undefined) others.push({ id, what: 'incomplete' });
      else if (parseManifest(text) === undefined) others.push({ id, what: 'damaged' });
    } else if (id.endsWith(partialSuffix) && isBackupId(id.slice(0, -partialSuffix.length))) {
      others.push({ id, what: (await isAbandoned(path)) ? 'incomplete' : 'being-written' });
    }
  }
  return others;
}
