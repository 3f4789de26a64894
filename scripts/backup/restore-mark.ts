import { join } from 'node:path';
import * as v from 'valibot';
import type { MaintenanceState } from '../application/maintenance.ts';
import { stateDir } from '../config/require.ts';
import type { Context } from '../context.ts';
import { unfinished } from '../errors.ts';
import { makePrivateFolder, readIfThere, remove, writeDurably } from '../system/files.ts';

/** A restore that has begun to change something and did not come to its end. */
const markSchema = v.object({
  backup: v.string(),
  since: v.string(),
  /** What the maintenance was before, and goes back to. */
  maintenance: v.optional(v.picklist(['on', 'off', 'unmanaged'])),
});

type MarkContext = Pick<Context, 'projectDir'>;

const markPath = (context: MarkContext): string => join(stateDir(context), 'restore-unfinished.json');

/** Does a restore between writing a mark and removing it: where it is killed or fails, the mark stays. */
export async function underRestoreMark<T>(
  context: Pick<Context, 'projectDir' | 'clock'>,
  backup: string,
  maintenance: MaintenanceState,
  work: () => Promise<T>,
): Promise<T> {
  await makePrivateFolder(stateDir(context));
  const since = context.clock.now().toISOString();
  const mark: v.InferOutput<typeof markSchema> = { backup, since, maintenance };
  await writeDurably(markPath(context), JSON.stringify(mark));
  const result = await work();
  await remove(markPath(context));
  return result;
}

/**
 * Refuses to work on a database or on files that a restore left half-way.
 *
 * @throws MajError `restore-unfinished`, exit code 6
 */
export async function refuseHalfRestored(context: MarkContext): Promise<void> {
  const mark = await readRestoreMark(context);
  if (mark !== undefined) throw unfinished('restore-unfinished', mark);
}

/** The restore that did not come to its end; undefined when there is none. */
export async function readRestoreMark(
  context: MarkContext,
): Promise<v.InferOutput<typeof markSchema> | undefined> {
  const text = await readIfThere(markPath(context));
  if (text === undefined) return undefined;
  return v.parse(v.pipe(v.string(), v.parseJson(), markSchema), text);
}
