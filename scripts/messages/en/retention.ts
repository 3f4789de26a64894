import { age, bytes, databaseText, table } from '../../core/format.ts';
import type { DatabaseIdentity, Whose } from '../../database/same-database.ts';
import type { Keeper } from '../../retention/expire.ts';
import type { Pruning } from '../../upgrade/prune.ts';
import type { NoteTexts, StepTexts } from '../texts.ts';

const listed = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
const backupsText = (count: number): string => (count === 1 ? '1 backup' : `${count} backups`);

type OtherKind = 'incomplete' | 'being-written' | 'damaged' | 'broken';

/** Why a backup is kept. */
function keeperText(keeper: Keeper, { days, least }: { days: number; least: number }): string {
  switch (keeper) {
    case 'unfinished':
      return 'an unfinished upgrade or restore needs it';
    case 'way-back':
      return 'the installed version would go back to it';
    case 'last-window':
      return 'the last upgrade, or way back, began with it';
    case 'newest-proven':
      return 'the newest proven one';
    case 'rehearsed':
      return 'a rehearsal was on it';
    case 'least':
      return least === 1 ? 'the last one' : `one of the last ${least}`;
    case 'young':
      return `within ${days} days`;
    case 'future':
      return 'dated in the future';
    case 'nothing-proven':
      return 'no backup is proven';
  }
}

/** A backup in the list. */
interface ListedBackup {
  readonly id: string;
  readonly version: string | null;
  readonly ageMs: number;
  readonly own: number;
  readonly shared: number;
  readonly proven: boolean;
  readonly database: DatabaseIdentity;
  readonly whose: Whose;
  readonly keepers: readonly Keeper[];
}

/** What is said below a backup: why it is kept, or that it will go; of another database's, that it is one. */
function keptText(
  { whose, keepers, database }: ListedBackup,
  facts: { days: number; least: number },
): string[] {
  if (whose !== 'own')
    return filled(
      `  of ${databaseText(database)}, ${whose === 'other-server' ? 'on another server than this one' : 'another database'}: not pruned from here`,
    );
  return keepers.length === 0
    ? ['  expired: the next prune puts it into the trash']
    : filled(`  kept: ${keepers.map((keeper) => keeperText(keeper, facts)).join('; ')}`);
}

/** A line as several of at most 80 characters, broken between words. */
function filled(line: string): string[] {
  const cut = line.length <= 80 ? -1 : line.lastIndexOf(' ', 80);
  return cut <= 8 ? [line] : [line.slice(0, cut), ...filled(`        ${line.slice(cut + 1)}`)];
}

/** Bytes of its own, and what it shares with others. */
const sizeText = ({ own, shared }: { own: number; shared: number }): string =>
  shared === 0 ? bytes(own) : `${bytes(own)} + ${bytes(shared)} shared`;

/** What is said of keeping backups, in English. */
export const retention = {
  steps: {
    'remove-backup': (facts) => `Remove the backup ${facts.id} from the trash`,
    'remove-tree': (facts) => `Remove the old tree ${facts.path}`,
  } satisfies Partial<StepTexts>,
  notes: {
    'backup-trashed': (facts) => `The backup ${facts.id} has expired, and is in the trash now.`,
    'tree-trashed': (facts) => `The old tree ${facts.path} has expired, and is in ${facts.trash} now.`,
    'backup-broken': (facts) =>
      `Files of the backup ${facts.id} are missing or cut off: it counts for nothing here, and is not pruned. \`maj verify ${facts.id}\` names them.`,
    'prune-failed': (facts) =>
      `The old backups were not pruned: ${facts.reason} (\`maj prune\` does it again.)`,
  } satisfies Partial<NoteTexts>,
  results: {
    pruned: (facts: Pruning & { planned: boolean }) => [
      ...(facts.nothingProven
        ? [
            `Nothing is pruned: none of ${backupsText(facts.kept)} is proven, and days are counted from the newest proven one.`,
            '`maj verify --full` proves the newest backup.',
          ]
        : []),
      ...(facts.removed.length + facts.trees.removed.length === 0
        ? []
        : [
            `${facts.planned ? 'From the trash would go for good' : 'Gone from the trash for good'}:`,
            ...listed([...facts.removed, ...facts.trees.removed]),
          ]),
      ...(facts.trashed.length === 0
        ? facts.nothingProven
          ? []
          : [`No backup has expired: ${backupsText(facts.kept)} kept.`]
        : [
            `${facts.planned ? 'Would go into the trash' : 'In the trash, until the next prune'}:`,
            ...listed(facts.trashed),
            facts.planned
              ? `Kept: ${backupsText(facts.kept)}.`
              : `Kept: ${backupsText(facts.kept)}. To get one back: mv ${facts.trash}/ID ${facts.folder}/`,
          ]),
      ...(facts.trees.trashed.length === 0
        ? []
        : [
            `${facts.planned ? 'Old trees that would go into the trash beside them' : 'Old trees in the trash beside them, until the next prune'}:`,
            ...listed(facts.trees.trashed),
          ]),
      ...(facts.others === 0 ? [] : [`Left alone: ${backupsText(facts.others)} of other databases.`]),
      ...(facts.planned ? ['Nothing was changed.'] : []),
    ],
    backups: (facts: {
      folder: string;
      trash: string;
      days: number;
      least: number;
      backups: readonly ListedBackup[];
      others: readonly { id: string; what: OtherKind; own: number }[];
      trashed: readonly { id: string; own: number }[];
      bytes: number;
      free: number;
    }) => [
      ...table(
        facts.backups.map((backup) => [
          backup.id,
          backup.database.name,
          backup.version ?? 'no version',
          backup.ageMs < 0 ? 'from the future' : age(backup.ageMs),
          sizeText(backup),
          backup.proven ? 'proven' : 'not proven',
        ]),
      ).flatMap((line, index) => {
        const backup = facts.backups[index];
        return backup === undefined ? [line] : [line, ...keptText(backup, facts)];
      }),
      ...facts.others.flatMap(({ id, what, own }) => [`${id}  ${bytes(own)}`, `  ${otherText(what)}`]),
      ...(facts.backups.length + facts.others.length === 0
        ? [`There is no backup in ${facts.folder}; \`maj backup\` takes one.`]
        : []),
      ...(facts.trashed.length === 0
        ? []
        : [
            'In the trash, until the next prune:',
            ...facts.trashed.map(({ id, own }) => `  ${id}  ${bytes(own)}`),
            `  to get one back: mv ${facts.trash}/ID ${facts.folder}/`,
          ]),
      `${bytes(facts.bytes)} in ${facts.folder}, ${bytes(facts.free)} free`,
    ],
  },
};

function otherText(what: OtherKind): string {
  switch (what) {
    case 'incomplete':
      return 'incomplete: no backup; an interrupted one is removed by the next';
    case 'being-written':
      return 'being written';
    case 'broken':
      return 'damaged: files are missing or cut off; it is never pruned, and counts for nothing';
    case 'damaged':
      return 'damaged: its manifest cannot be read; it is never pruned';
  }
}
