import { join } from 'node:path';
import { isBackupId } from '../backup/layout.ts';
import { missingPart, type Backup } from '../backup/list.ts';
import { manifestName } from '../backup/manifest.ts';
import { makePrivateFolder, namesIn, remove, renameDurably, syncFolder } from '../system/files.ts';

/** A complete backup, as far as it matters for how long it is kept. */
export interface KnownBackup {
  readonly id: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly proven: boolean;
}

/** Everything that the decision rests on. */
export interface ExpiryFacts {
  /** The complete ones; what has no manifest, or a damaged one, is none. */
  readonly backups: readonly KnownBackup[];
  /** The one that the installed version would go back to. */
  readonly wayBack: string | undefined;
  /** The ones that the last run, and the last upgrade, took before they changed anything. */
  readonly begun: ReadonlySet<string>;
  /** The ones that an unfinished upgrade or restore needs. */
  readonly unfinished: ReadonlySet<string>;
  /** The ones that a rehearsal which is still valid was on. */
  readonly rehearsed: ReadonlySet<string>;
  readonly now: Date;
  /** BACKUP_KEEP_DAYS. */
  readonly days: number;
  /** BACKUP_KEEP_LEAST. */
  readonly least: number;
}

/** Why a backup is kept; the strongest reasons first. */
const keepers = [
  'unfinished',
  'way-back',
  'last-window',
  'newest-proven',
  'rehearsed',
  'least',
  'young',
  'future',
  'nothing-proven',
] as const;
export type Keeper = (typeof keepers)[number];

const dayMs = 24 * 3_600_000;

/**
 * What keeps each backup; nothing: it has expired. Pure.
 *
 * Days are counted from the newest proven backup, not from now: when backups fail for weeks, those from before stay. A
 * backup that is dated in the future comes from a clock that was wrong: it is kept, and stands for no other one. While
 * nothing is proven, nothing expires.
 */
export function keepersOf(facts: ExpiryFacts): ReadonlyMap<string, readonly Keeper[]> {
  const now = facts.now.getTime();
  const dated = newestFirst(facts.backups);
  const past = dated.filter(({ time }) => time <= now);
  const newestProven = newestProvenOf(facts);
  const least = new Set(past.slice(0, facts.least).map(({ id }) => id));
  return new Map(
    dated.map(({ id, time }) => {
      const holds: Readonly<Record<Keeper, boolean>> = {
        unfinished: facts.unfinished.has(id),
        'way-back': id === facts.wayBack,
        'last-window': facts.begun.has(id),
        'newest-proven': id === newestProven?.id,
        rehearsed: facts.rehearsed.has(id),
        least: least.has(id),
        young: time <= now && newestProven !== undefined && newestProven.time - time <= facts.days * dayMs,
        future: time > now,
        'nothing-proven': newestProven === undefined,
      };
      return [id, keepers.filter((keeper) => holds[keeper])];
    }),
  );
}

/** The newest proven backup, from which days are counted; undefined when none is proven but such as are of the future. */
export const newestProvenOf = ({
  backups,
  now,
}: Pick<ExpiryFacts, 'backups' | 'now'>): DatedBackup | undefined =>
  newestFirst(backups).find(({ proven, time }) => proven && time <= now.getTime());

type DatedBackup = KnownBackup & { readonly time: number };

const newestFirst = (backups: readonly KnownBackup[]): DatedBackup[] =>
  backups
    .map((backup) => ({ ...backup, time: Date.parse(backup.createdAt) }))
    .sort((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1));

/** The backups that may go, oldest first. Pure. */
export function expiredBackups(facts: ExpiryFacts): string[] {
  return [...keepersOf(facts)]
    .filter(([, kept]) => kept.length === 0)
    .map(([id]) => id)
    .reverse();
}

/**
 * Tells the backups that look whole from those that do not; both in the order given. A backup that has lost a part to
 * somebody's clean-up must not be the reason for which others go.
 */
export async function sortOutWhole(
  backups: readonly Backup[],
): Promise<{ readonly whole: Backup[]; readonly broken: Backup[] }> {
  const whole: Backup[] = [];
  const broken: Backup[] = [];
  for (const backup of backups) ((await missingPart(backup)) === undefined ? whole : broken).push(backup);
  return { whole, broken };
}

/** Where backups go that have expired, within the folder of the backups: from one prune to the next. `mv` gets one back. */
export const trashFolder = (backups: string): string => join(backups, '.trash');

/** The backups in the trash, oldest first; what else somebody put there is not ours. */
export const trashedBackups = async (backups: string): Promise<string[]> =>
  (await namesIn(trashFolder(backups))).filter(isBackupId);

/** Puts a backup into the trash, whole: it is in the one folder or in the other, whenever we are killed. */
export async function moveToTrash(backups: string, id: string): Promise<void> {
  await makePrivateFolder(trashFolder(backups));
  await renameDurably(join(backups, id), join(trashFolder(backups), id));
}

/** Removes a backup in the trash for good: the manifest first, so that half of a backup is never taken for a whole one. */
export async function removeFromTrash(backups: string, id: string): Promise<void> {
  const folder = join(trashFolder(backups), id);
  await remove(join(folder, manifestName));
  await syncFolder(folder);
  await remove(folder);
}
