import type { Manifest, ManifestPart } from '../backup/manifest.ts';
import { partKey } from '../dump/part.ts';
import { changedTables } from './proof-plan.ts';
import type { RestoreWork } from './restore-database.ts';

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
