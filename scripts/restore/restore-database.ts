import type { Backup } from '../backup/list.ts';
import type { Manifest, ManifestPart } from '../backup/manifest.ts';
import { note, type Context } from '../core/context.ts';
import { notRolledBack, reasonOf, refused, MajError } from '../core/errors.ts';
import type { Definers } from '../database/definition-texts.ts';
import { readInventory } from '../database/inventory.ts';
import { findOthers } from '../database/other-connections.ts';
import { withSession } from '../database/session/session.ts';
import type { Target } from '../database/session/target.ts';
import { partKey, type PartId } from '../dump/part.ts';
import { quoteName } from '../sql/quote.ts';
import { differencesFromBackup, refuseDifferences, type DatabaseDifference } from './compare.ts';
import { nameOf, type PartDifference } from './differences.ts';
import { loadAndCompare } from './load/load-and-compare.ts';
import type { Selection } from './load/plan.ts';
import { changedTables } from './proof-plan.ts';
import { restoreCommand } from './restore-mark.ts';
import { tryRestore } from './trial/trial.ts';

/** How a database is restored. */
export interface RestoreOptions {
  /** The tables to put back; not given: everything. */
  readonly tables?: ReadonlySet<string>;
  readonly definers?: Definers;
  /** The command that begins it anew, for whoever has to when it fails. */
  readonly again?: string;
}

/** What a restore has to do, by what was found in the database: `everything` where nothing of it can be kept. */
export type RestoreWork = RestorePlan | 'everything';

/**
 * Does what `learnRestore` has found to be needed: loads what differs, puts it in the place of what is there, and compares
 * again. What was cut off half-way is simply run again. Verify the backup before.
 *
 * @throws MajError `restore-failed`, `restore-differs` (exit code 11)
 */
export async function applyRestore(
  context: Context,
  backup: Backup,
  target: Target,
  work: RestoreWork,
  options: RestoreOptions = {},
): Promise<void> {
  if (isRestored(work)) return;
  const { definers = 'keep', again = databaseAgain(backup, definers) } = options;
  let changed = false;
  const replacing = {
    going: work === 'everything' ? work : work.drop,
    begin: async (): Promise<void> => {
      changed = true;
      if (work === 'everything' || work.charset) await setCharset(context, backup, target);
    },
  };
  const loading = { definers, replacing, ...(work === 'everything' ? {} : { selection: work.load }) };
  const compare = (): Promise<DatabaseDifference> => differencesFromBackup(context, backup, target, definers);
  let left: DatabaseDifference;
  try {
    await tryRestore(context, backup, target, {
      definers,
      ...(work === 'everything' ? {} : { selection: work.load }),
    });
    left = await loadAndCompare(context, backup, target, loading, compare);
  } catch (error) {
    // Whatever it is, it must be said what it leaves behind.
    const reason = reasonOf(error);
    const others = ofOthers.test(reason) ? await findOthers(context, target) : undefined;
    const facts = { id: backup.id, database: target.database, reason, again, changed, others };
    throw notRolledBack('restore-failed', facts, { cause: error });
  }
  await refuseDifferences(backup, target, ofTables(left, options.tables), again, () =>
    findOthers(context, target),
  );
}

/** The command that puts the whole database back. */
const databaseAgain = ({ id }: Backup, definers: Definers): string =>
  restoreCommand(id, { database: 'whole', files: false, definers });

/** Whether the database is what the backup holds already. */
export const isRestored = (work: RestoreWork): boolean => work !== 'everything' && isNothing(work);

/**
 * Finds out what a restore would do, and changes nothing.
 *
 * @throws MajError `tables-not-in-backup`, `flavour-differs`
 */
export async function learnRestore(
  context: Context,
  backup: Backup,
  target: Target,
  { tables, definers = 'keep' }: RestoreOptions = {},
): Promise<RestoreWork> {
  const known = refuseUnknownTables(backup, tables);
  if (tables === undefined && (await isEmpty(context, target))) return 'everything';
  try {
    const { differences, charset } = await differencesFromBackup(context, backup, target, definers);
    return planRestore(differences, charset, known, tables);
  } catch (error) {
    // A database that a failed migration left behind may not be fit to be dumped: a view without its table is enough.
    const unfit = error instanceof MajError && unfitCodes.has(error.code) && tables === undefined;
    if (!unfit) throw error;
    note(context, 'restore-everything', { reason: error.message });
    return 'everything';
  }
}

/** Numbers of errors that others cause: a lock, a deadlock, a table that was altered, made or dropped meanwhile. */
const ofOthers = /\b(?:1205|1213|1412|1050|1146)\b/;

const unfitCodes: ReadonlySet<string> = new Set(['dump-failed', 'dump-incomplete']);

/**
 * The tables that a backup holds, among which those that are asked for have to be.
 *
 * @throws MajError `tables-not-in-backup`
 */
export function refuseUnknownTables(
  { id, manifest }: Backup,
  asked: ReadonlySet<string> | undefined,
): ReadonlySet<string> {
  const known = new Set(manifest.inventory.tables.map(({ name }) => name));
  const unknown = [...(asked ?? [])].filter((name) => !known.has(name));
  if (unknown.length > 0) throw refused('tables-not-in-backup', { id, unknown, known: [...known] });
  return known;
}

async function isEmpty(context: Context, target: Target): Promise<boolean> {
  const found = await withSession(context, target, (session) => readInventory(session, target.database));
  const { tables, views, routines, events, sequences } = found;
  return [tables, views, routines, events, sequences].every((things) => things.length === 0);
}

async function setCharset(context: Context, { manifest }: Backup, target: Target): Promise<void> {
  const { charset, collation } = manifest.database;
  const defaults = `CHARACTER SET ${quoteName(charset)} COLLATE ${quoteName(collation)}`;
  await withSession(context, target, (session) =>
    session.run(`ALTER DATABASE ${quoteName(target.database)} ${defaults}`),
  );
}

/** Of what differs, what was asked for. */
function ofTables(found: DatabaseDifference, tables: ReadonlySet<string> | undefined): DatabaseDifference {
  if (tables === undefined) return found;
  const counts = ({ id }: PartDifference): boolean => id.kind === 'table' && tables.has(id.object ?? '');
  return { differences: found.differences.filter(counts), charset: false };
}

/** What a restore does to a database that is nearly what the backup holds. */
interface RestorePlan {
  /** Dropped once the new tables are whole: what is loaded again, and what the backup does not have. */
  readonly drop: Selection;
  readonly load: Selection;
  /** Whether the database's own charset or collation is set. */
  readonly charset: boolean;
  /** Differences that stay, by name: those that were not asked for. */
  readonly left: readonly string[];
}

/**
 * Decides what has to be put back for a database to be what the backup holds: each table that differs is loaded again,
 * whole; triggers by themselves where their table is as it was; events, routines and views all together, since they
 * may need each other.
 *
 * @param only the tables that were asked for; not given: everything
 */
export function planRestore(
  differences: readonly PartDifference[],
  charset: boolean,
  backupTables: ReadonlySet<string>,
  only?: ReadonlySet<string>,
): RestorePlan {
  const tables = new Set<string>();
  const sequences = new Set<string>();
  const triggersOf = new Set<string>();
  const left = new Set<string>();
  let code = false;
  for (const { id } of differences) {
    if (id.kind === 'header' || id.kind === 'final') continue;
    if (only !== undefined && !isOf(only, id)) left.add(nameOf(id));
    else if (id.kind === 'sequence') sequences.add(id.object ?? '');
    else if (id.kind !== 'table') code = true;
    else if (id.section === 'after') triggersOf.add(id.object ?? '');
    else tables.add(id.object ?? '');
  }
  const triggersAlone = new Set([...triggersOf].filter((name) => !tables.has(name)));
  const inBackup = (names: ReadonlySet<string>): Set<string> =>
    new Set([...names].filter((name) => backupTables.has(name)));
  return {
    drop: { tables, sequences, triggersOf: triggersAlone, code },
    load: { tables: inBackup(tables), sequences, triggersOf: inBackup(triggersAlone), code },
    charset: charset && only === undefined,
    left: [...left],
  };
}

const isOf = (only: ReadonlySet<string>, id: PartId): boolean =>
  id.kind === 'table' && only.has(id.object ?? '');

/** Whether there is nothing to do. */
export const isNothing = ({ drop, charset }: RestorePlan): boolean =>
  !charset && !drop.code && drop.tables.size + drop.sequences.size + drop.triggersOf.size === 0;

/** What a restore does to a database, in names, for reports. */
export interface RestoreFacts {
  /** Nothing of what was there was kept. */
  readonly everything: boolean;
  readonly loaded: readonly string[];
  readonly dropped: readonly string[];
  /** Triggers, routines and the like. */
  readonly others: readonly string[];
  readonly left: readonly string[];
  /** The tables that were asked for; null: everything. */
  readonly only: readonly string[] | null;
}

/** Tells what a restore has to do, or had to. */
export function restoreFacts(work: RestoreWork, only: ReadonlySet<string> | undefined): RestoreFacts {
  const asked = only === undefined ? null : [...only];
  if (work === 'everything')
    return { everything: true, loaded: [], dropped: [], others: [], left: [], only: asked };
  const { drop, load, charset, left } = work;
  return {
    everything: false,
    loaded: [...load.tables],
    dropped: [...drop.tables].filter((name) => !load.tables.has(name)),
    others: [
      ...(charset ? ['the character set of the database'] : []),
      ...[...drop.sequences].map((name) => `sequence ${name}`),
      ...[...drop.triggersOf].map((name) => `triggers of ${name}`),
      ...(drop.code ? ['views, routines and events'] : []),
    ],
    left,
    only: asked,
  };
}

type Content = Pick<Manifest, 'parts'>;

/** Whether a restore makes anything that runs as some account: views, routines and events, or triggers. Pure. */
export function restoreNeedsDefiners(work: RestoreWork, { parts }: Content): boolean {
  if (work === 'everything' || work.load.code || work.load.triggersOf.size > 0) return true;
  return parts.some((part) => isTriggers(part) && work.load.tables.has(part.object ?? ''));
}

/** The same of a restore of one backup over a database that is as another one. Pure. */
export function wayNeedsDefiners(back: Content, present: Content): boolean {
  if (!isSameCode(back, present)) return true;
  const changed = new Set(changedTables(back.parts, present.parts));
  return back.parts.some((part) => isTriggers(part) && changed.has(part.object ?? ''));
}

const isTriggers = ({ kind, section }: ManifestPart): boolean => kind === 'table' && section === 'after';

/** Whether two backups have the same views, routines and events. Pure. */
export const isSameCode = (one: Content, other: Content): boolean => codeOf(one) === codeOf(other);

const codeOf = ({ parts }: Content): string =>
  parts
    .filter(({ kind }) => !['header', 'table', 'sequence', 'final'].includes(kind))
    .map((part) => `${partKey(part)} ${part.sha256}`)
    .join('\n');
