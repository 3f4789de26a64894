import { appendFile, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { makeStateFolder } from '../../config/own-folders.ts';
import { stateDir } from '../../config/required-settings.ts';
import type { Context } from '../../core/context.ts';
import { switchPlanSchema, type StagedFacts } from '../../release/types.ts';
import { fileFailed, namesIn, privateFile, readIfThere, syncFolder } from '../../system/files.ts';
import { identitySchema } from '../../system/process/identity.ts';
import { installationSchema } from '../installation.ts';
import { journalSteps } from './steps.ts';

const step = v.picklist(journalSteps);

/** What of a release that was staged has to be known to go on with it. */
const stagedFactsSchema = v.object({
  /** The name of its folder among the releases. */
  releaseName: v.string(),
  previousVersion: v.nullable(v.string()),
  list: v.string(),
  package: v.string(),
  sha256: v.string(),
  lookedAtMs: v.optional(v.number()),
});

/** See `LogBaseline`. */
const logMarkSchema = v.object({
  log: v.string(),
  bytes: v.number(),
  inode: v.number(),
  tail: v.string(),
  signatures: v.pipe(v.array(v.string()), v.readonly()),
});

/** What a line of the journal says, beside when. */
const entrySchema = v.variant('type', [
  v.object({
    type: v.literal('run-started'),
    run: v.string(),
    from: v.nullable(v.string()),
    to: v.string(),
    package: v.string(),
    holder: identitySchema,
    /** `upgrade` where it is not said. `apply`: files alone; `go-back`: to the version before, `package` is the backup then. */
    kind: v.optional(v.picklist(['upgrade', 'apply', 'go-back'])),
    /** Asked for although the same had failed before. */
    retry: v.optional(v.boolean()),
    /** See `Allowance`. */
    allow: v.optional(v.object({ reinstall: v.boolean(), downgrade: v.boolean() })),
    /** What it works on; older runs do not tell. */
    installation: v.optional(installationSchema),
  }),
  /** After the run was cut off users could write, though maintenance may be on again. */
  v.object({ type: v.literal('users-were-in') }),
  v.object({ type: v.literal('step-started'), step }),
  v.object({ type: v.literal('step-finished'), step, durationMs: v.optional(v.number()) }),
  /** `code` is that of the error; null for one that is not ours. */
  v.object({
    type: v.literal('step-failed'),
    step,
    reason: v.string(),
    code: v.optional(v.nullable(v.string())),
    durationMs: v.optional(v.number()),
  }),
  /** The tree that is to arrive stands beside the live one. */
  v.object({
    type: v.literal('staged'),
    folder: v.string(),
    version: v.string(),
    release: v.optional(stagedFactsSchema),
  }),
  /** All that the window of an upgrade needs is there: the receipt, the folder of the scripts, where the logs ended. */
  v.object({
    type: v.literal('prepared'),
    receipt: v.string(),
    scripts: v.string(),
    logs: v.array(logMarkSchema),
  }),
  /** Where the logs ended right before the files were switched; of a run without it, what `prepared` says counts. */
  v.object({ type: v.literal('logs-marked'), logs: v.array(logMarkSchema) }),
  /** Somebody goes on with it. */
  v.object({ type: v.literal('run-resumed'), holder: identitySchema }),
  v.object({ type: v.literal('maintenance-was'), state: v.picklist(['on', 'off', 'unmanaged']) }),
  v.object({ type: v.literal('backup-taken'), backup: v.string() }),
  /** The renames that are about to be done, in order: undoing them in reverse brings the old tree back. */
  v.object({ type: v.literal('switch-planned'), plan: switchPlanSchema }),
  v.object({ type: v.literal('roll-back-started'), reason: v.string(), holder: identitySchema }),
  /** Files and database are as before: from here on only maintenance is left, and users may be let in again. */
  v.object({ type: v.literal('brought-back') }),
  v.object({ type: v.literal('roll-back-failed'), reason: v.string() }),
  v.object({
    type: v.literal('run-finished'),
    outcome: v.picklist(['succeeded', 'rolled-back', 'abandoned']),
  }),
]);

const lineSchema = v.intersect([v.object({ at: v.string() }), entrySchema]);

/** One event of a run. */
export type JournalEntry = v.InferOutput<typeof entrySchema>;
/** One event of a run, with its time (ISO 8601, UTC). */
export type JournalLine = v.InferOutput<typeof lineSchema>;

/** What the journal says of a release that was staged. */
export function stagedEntry(staged: StagedFacts): JournalEntry {
  const { folder, version, releaseName, previousVersion, list, package: path, sha256, lookedAtMs } = staged;
  const release = { releaseName, previousVersion, list, package: path, sha256, lookedAtMs };
  return { type: 'staged', folder, version, release };
}

/** An open journal: what is added is on disk when the promise settles. */
export interface Journal {
  readonly run: string;
  readonly folder: string;
  add(entry: JournalEntry): Promise<void>;
  close(): Promise<void>;
}

/** The folder of the runs, absolute. */
const runsDir = (context: Pick<Context, 'projectDir'>): string => join(stateDir(context), 'runs');
const journalFile = 'journal.ndjson';

/** Opens the journal of a run, making it when it is new. */
export async function openJournal(
  context: Pick<Context, 'projectDir' | 'clock'>,
  run: string,
): Promise<Journal> {
  const folder = join(runsDir(context), run);
  await makeStateFolder(context, folder);
  const path = join(folder, journalFile);
  const file = await openForAppending(path);
  for (const made of [folder, runsDir(context), stateDir(context)]) await syncFolder(made);
  let torn = false;
  return {
    run,
    folder,
    add: async (entry) => {
      const line = `${JSON.stringify({ at: context.clock.now().toISOString(), ...entry })}\n`;
      try {
        // One write a line: a crash cuts off the last one at most. What a full disk cut off must not spoil the next.
        await file.writeFile(torn ? `\n${line}` : line);
        await file.datasync();
        torn = false;
      } catch (error) {
        torn = true;
        throw fileFailed(path, 'written', error);
      }
    },
    close: () => file.close(),
  };
}

async function openForAppending(path: string): Promise<FileHandle> {
  try {
    const before = await readIfThere(path);
    if (before !== undefined && before !== '' && !before.endsWith('\n')) await appendFile(path, '\n');
    return await open(path, 'a', privateFile);
  } catch (error) {
    throw fileFailed(path, 'written', error);
  }
}

/** Reads the lines of a journal; a line that a crash cut off is left out. */
export function parseJournal(text: string): JournalLine[] {
  return text.split('\n').flatMap((line) => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), lineSchema), line);
    return parsed.success ? [parsed.output] : [];
  });
}

/** The lines of a run's journal. */
export const readJournal = async (
  context: Pick<Context, 'projectDir'>,
  run: string,
): Promise<JournalLine[]> => parseJournal(await readJournalText(context, run));

/** A run's journal as it stands on disk; empty where there is none. */
export const readJournalText = async (context: Pick<Context, 'projectDir'>, run: string): Promise<string> =>
  (await readIfThere(join(runsDir(context), run, journalFile))) ?? '';

/** The runs there are, newest first (see `newRunId`). */
export const runIds = async (context: Pick<Context, 'projectDir'>): Promise<string[]> =>
  (await namesIn(runsDir(context))).toReversed();

/** The journal of the newest run; undefined when there never was one. */
export async function readNewestJournal(
  context: Pick<Context, 'projectDir'>,
): Promise<{ run: string; lines: JournalLine[] } | undefined> {
  for (const run of await runIds(context)) {
    const lines = await readJournal(context, run);
    if (lines.length > 0) return { run, lines };
  }
  return undefined;
}

/**
 * The journals of the runs that did not come to their end, newest first. Of the others only the end is parsed: a live
 * system may have hundreds.
 */
export async function readOpenJournals(context: Pick<Context, 'projectDir'>): Promise<JournalLine[][]> {
  const open: JournalLine[][] = [];
  for (const run of await runIds(context)) {
    const text = await readJournalText(context, run);
    const ends = text.split('\n').filter((line) => line.includes('"run-finished"'));
    const isOver = parseJournal(ends.join('\n')).some(({ type }) => type === 'run-finished');
    if (!isOver) open.push(parseJournal(text));
  }
  return open;
}

/** The id of a new run: unique under the lock, and after those of all runs before. */
export const newRunId = async (context: Pick<Context, 'projectDir' | 'clock'>): Promise<string> =>
  nextRunId(context.clock.now(), await runIds(context));

const form = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z$/;

/**
 * The time as an id that sorts by time. Where a clock was ahead once, or has been set back since: an instant after the
 * newest of the others, for the order of the runs is read from their ids. Pure.
 *
 * @param others in any order; those of another form do not count
 */
export function nextRunId(now: Date, others: readonly string[]): string {
  const newest = others.filter((id) => form.test(id)).reduce((a, b) => (a > b ? a : b), '');
  const id = idOf(now);
  if (id > newest) return id;
  return idOf(new Date(Date.parse(newest.replace(form, '$1-$2-$3T$4:$5:$6.$7Z')) + 1));
}

const idOf = (at: Date): string => at.toISOString().replaceAll(/[-:.]/g, '');
