import { join } from 'node:path';
import * as v from 'valibot';
import type { MaintenanceState } from '../application/maintenance.ts';
import { makeStateFolder } from '../config/own-folders.ts';
import { stateDir } from '../config/required-settings.ts';
import type { Context } from '../core/context.ts';
import { locked, unfinished, type MajError } from '../core/errors.ts';
import { readIfThere, remove, writeDurably } from '../system/files.ts';
import { livenessOf, identitySchema, ownIdentity } from '../system/process/identity.ts';
import { quoteWords } from '../system/process/shell-words.ts';

/** What of a backup a restore puts back, as it is kept in the mark of one that did not come to its end. */
const scopeSchema = v.object({
  /** The tables that were asked for; `whole`: everything; `none`: the database stays as it is. */
  database: v.union([v.picklist(['whole', 'none']), v.array(v.string())]),
  files: v.boolean(),
  definers: v.picklist(['keep', 'current']),
  /** It was asked for a backup of a database of another name. */
  ofAnother: v.optional(v.literal(true)),
});

/** What of a backup a restore puts back. */
export type RestoreScope = v.InferOutput<typeof scopeSchema>;

/** Whether a restore leaves nothing half done of one that did not come to its end: pure. */
export function coversScope(scope: RestoreScope, unfinished: RestoreScope): boolean {
  if (unfinished.files && !scope.files) return false;
  const [puts, left] = [scope.database, unfinished.database];
  if (left === 'none' || puts === 'whole') return true;
  return left !== 'whole' && puts !== 'none' && left.every((table) => puts.includes(table));
}

/** The command that asks for it. */
export function restoreCommand(id: string, { database, files, definers, ofAnother }: RestoreScope): string {
  const what =
    database === 'none'
      ? ['--files-only']
      : database === 'whole'
        ? files
          ? []
          : ['--database-only']
        : ['--tables', database.join(',')];
  const whom = definers === 'keep' ? [] : ['--definers', definers];
  return quoteWords([
    'maj',
    'restore',
    id,
    ...what,
    ...whom,
    ...(ofAnother === true ? ['--of-another'] : []),
  ]);
}

/** A restore that has begun to change something and did not come to its end. */
const markSchema = v.object({
  backup: v.string(),
  since: v.string(),
  /** What the maintenance was before, and goes back to. */
  maintenance: v.optional(v.picklist(['on', 'off', 'unmanaged'])),
  /** What it puts back; of a mark that does not tell, everything. */
  scope: v.optional(scopeSchema),
  /** The database that it puts it into. */
  database: v.optional(v.string()),
  /** Who works, or worked, on it; not in marks of earlier versions, and not in that of a restore that has failed. */
  holder: v.optional(identitySchema),
});

type MarkContext = Pick<Context, 'projectDir'>;

const markPath = (context: MarkContext): string => join(stateDir(context), 'restore-unfinished.json');

type RestoreMark = v.InferOutput<typeof markSchema>;

/** What a restore is about to do. */
export type BegunRestore = Pick<RestoreMark, 'backup' | 'database'> & {
  readonly maintenance: MaintenanceState;
  readonly scope: RestoreScope;
};

/**
 * Does a restore between writing a mark and removing it: where it is killed or fails, the mark stays, and what it names
 * as its holder tells whether it is still at work.
 *
 * @param work is given what says that everything is as before: the mark goes then, though the work fails
 */
export async function underRestoreMark<T>(
  context: Pick<Context, 'projectDir' | 'clock'>,
  begun: BegunRestore,
  work: (asBefore: () => void) => Promise<T>,
): Promise<T> {
  await makeStateFolder(context);
  const mark: RestoreMark = { since: context.clock.now().toISOString(), ...begun };
  const write = (facts: RestoreMark): Promise<void> => writeDurably(markPath(context), JSON.stringify(facts));
  await write({ ...mark, holder: ownIdentity() });
  const state = { isAsBefore: false };
  try {
    const result = await work(() => {
      state.isAsBefore = true;
    });
    await remove(markPath(context));
    return result;
  } catch (error) {
    if (state.isAsBefore) {
      await remove(markPath(context));
      throw error;
    }
    // Where it cannot be written, on a full disk, the holder that it names is about to end.
    await write(mark).catch(() => undefined);
    throw error;
  }
}

/**
 * Refuses to work on a database or on files that a restore left half-way, or is working on.
 *
 * @throws MajError `restore-unfinished`, exit code 6; `restore-at-work`, 5
 */
export async function refuseHalfRestored(context: MarkContext): Promise<void> {
  const mark = await refuseRestoring(context);
  if (mark !== undefined) throw leftHalfWay(mark);
}

/**
 * Refuses a restore that would leave something half done of one that did not come to its end: its mark would be gone.
 *
 * @throws MajError `restore-unfinished`, exit code 6; `restore-at-work`, 5
 */
export async function refuseNarrower(
  context: MarkContext,
  { scope, database }: Pick<BegunRestore, 'scope' | 'database'>,
): Promise<void> {
  const mark = await refuseRestoring(context);
  if (mark === undefined) return;
  const elsewhere = mark.database !== undefined && mark.database !== database;
  if (elsewhere || !coversScope(scope, mark.scope ?? everything)) throw leftHalfWay(mark);
}

const everything: RestoreScope = { database: 'whole', files: true, definers: 'keep' };

function leftHalfWay({ backup, since, scope = everything, database }: RestoreMark): MajError {
  const command = restoreCommand(backup, scope);
  return unfinished('restore-unfinished', { backup, since, database, command });
}

/**
 * Refuses to work beside a restore that lives, though its lock is gone.
 *
 * @returns the restore that did not come to its end, and that nobody works on; undefined when there is none
 * @throws MajError `restore-at-work`, exit code 5
 */
export async function refuseRestoring(context: MarkContext): Promise<RestoreMark | undefined> {
  const mark = await readRestoreMark(context);
  if (mark?.holder === undefined || livenessOf(mark.holder) !== 'alive') return mark;
  const { backup, since, holder } = mark;
  throw locked('restore-at-work', { backup, since, pid: holder.pid, host: holder.host });
}

/** The restore that did not come to its end; undefined when there is none. */
export async function readRestoreMark(context: MarkContext): Promise<RestoreMark | undefined> {
  const text = await readIfThere(markPath(context));
  if (text === undefined) return undefined;
  return v.parse(v.pipe(v.string(), v.parseJson(), markSchema), text);
}
