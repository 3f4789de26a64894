import { join } from 'node:path';
import * as v from 'valibot';
import { note, type Context } from '../context.ts';
import { namesIn, readIfThere, remove, statIfThere } from '../system/files.ts';
import { fateOf, identitySchema } from '../system/identity.ts';
import { isBackupId, partialSuffix } from './backup-id.ts';
import { ownerName } from './layout.ts';

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
    return !parsed.success || fateOf(parsed.output) === 'dead';
  } catch {
    return true;
  }
}

const justMade = 60_000;

async function ageMs(path: string): Promise<number> {
  return Date.now() - ((await statIfThere(path))?.mtimeMs ?? 0);
}
