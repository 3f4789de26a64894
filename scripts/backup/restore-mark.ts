import { join } from 'node:path';
import * as v from 'valibot';
import { stateDir } from '../config/require.ts';
import type { Context } from '../context.ts';
import { unfinished } from '../errors.ts';
import { makePrivateFolder, readIfThere, remove, writeDurably } from '../system/files.ts';

const markSchema = v.object({ backup: v.string(), since: v.string() });

/** A restore that has begun to change something and did not come to its end. */
export type RestoreMark = v.InferOutput<typeof markSchema>;

type MarkContext = Pick<Context, 'projectDir'>;

const markPath = (context: MarkContext): string => join(stateDir(context), 'restore-unfinished.json');

/** Does a restore between writing a mark and removing it: where it is killed or fails, the mark stays. */
export async function underRestoreMark<T>(
  context: Pick<Context, 'projectDir' | 'clock'>,
  backup: string,
  work: () => Promise<T>,
): Promise<T> {
  await makePrivateFolder(stateDir(context));
  const mark: RestoreMark = { backup, since: context.clock.now().toISOString() };
  await writeDurably(markPath(context), JSON.stringify(mark));
  const result = await work();
  await remove(markPath(context));
  return result;
}

/** The mark of a restore that was cut off; undefined when there is none. */
export async function findRestoreMark(context: MarkContext): Promise<RestoreMark | undefined> {
  const text = await readIfThere(markPath(context));
  return text === undefined ? undefined : v.parse(v.pipe(v.string(), v.parseJson(), markSchema), text);
}

/**
 * Refuses to work on a database or on files that a restore left half-way.
 *
 * @throws MajError `restore-unfinished`, exit code 6
 */
export async function refuseHalfRestored(context: MarkContext): Promise<void> {
  const mark = await findRestoreMark(context);
  if (mark !== undefined) throw unfinished('restore-unfinished', mark);
}
