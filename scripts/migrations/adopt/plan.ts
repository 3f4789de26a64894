import type { Migration } from '../migration.ts';
import { byVersion, compareScriptVersions, isSameScriptVersion, versionKey } from '../script-names.ts';
import { sameWords, type ForeignEntry, type ForeignLedger, type LedgerProblem } from './entries.ts';

/** A script that counts as applied. */
export interface Adopted {
  readonly migration: Migration;
  /** What the other record says of it; undefined: only that everything up to a later version is applied. */
  readonly entry: ForeignEntry | undefined;
}

/** Why another program's record cannot be taken for a list of our scripts. */
export type AdoptionProblem =
  | LedgerProblem
  | { readonly kind: 'ambiguous'; readonly entry: string; readonly files: readonly string[] }
  | { readonly kind: 'conflict'; readonly entry: string; readonly file: string; readonly other: string }
  | { readonly kind: 'twice'; readonly file: string; readonly entries: readonly string[] }
  /** One row that may be the current version, or the only one applied. */
  | { readonly kind: 'one-row'; readonly entry: string; readonly before: readonly string[] }
  | { readonly kind: 'not-one-row'; readonly rows: number }
  | { readonly kind: 'no-match'; readonly entries: readonly string[] };

/** What an adoption would write, and what the user should know before. */
export interface Adoption {
  /** In the order of versions. */
  readonly adopted: readonly Adopted[];
  /** Applied, but no script of ours: normal in an old application. They are left out of the ledger. */
  readonly gone: readonly string[];
  /** Not applied, though a newer one is: they would be refused as out of order later. */
  readonly late: readonly Migration[];
  /** Not applied, the late ones included. */
  readonly pending: readonly Migration[];
  readonly problems: readonly AdoptionProblem[];
}

/**
 * Finds the script of each entry: by version, else by name. Pure.
 *
 * @param options `current`: the one entry is the version that the database is at, with all that comes before it
 */
export function planAdoption(
  found: ForeignLedger,
  migrations: readonly Migration[],
  options: { readonly current: boolean } = { current: false },
): Adoption {
  const { ledger, problems: ofRows } = withCurrent(found, migrations, options.current);
  const problems: AdoptionProblem[] = [...ledger.problems, ...ofRows];
  const entriesOf = new Map<Migration, ForeignEntry[]>();
  const gone: string[] = [];
  for (const entry of ledger.entries) {
    const match = matchOf(entry, migrations);
    if (match.kind === 'script')
      entriesOf.set(match.migration, [...(entriesOf.get(match.migration) ?? []), entry]);
    else if (match.kind === 'gone') gone.push(entry.text);
    else problems.push(match);
  }
  for (const [{ file }, entries] of entriesOf)
    if (entries.length > 1) problems.push({ kind: 'twice', file, entries: entries.map(({ text }) => text) });
  const { upTo } = ledger;
  if (upTo !== undefined && isAlien(upTo.version, migrations))
    problems.push({ kind: 'not-a-number', entry: upTo.text });
  if (upTo !== undefined && !migrations.some((one) => isSameScriptVersion(one.version, upTo.version)))
    if (!gone.includes(upTo.text)) gone.push(upTo.text);
  const inOrder = [...migrations].sort(byVersion);
  const isAdopted = (one: Migration): boolean =>
    entriesOf.has(one) || (upTo !== undefined && compareScriptVersions(one.version, upTo.version) <= 0);
  const adopted = inOrder
    .filter(isAdopted)
    .map((migration) => ({ migration, entry: entriesOf.get(migration)?.[0] }));
  const pending = inOrder.filter((one) => !isAdopted(one));
  const newest = adopted.at(-1)?.migration;
  const late = newest === undefined ? [] : pending.filter((one) => byVersion(one, newest) < 0);
  // An empty ledger would have every script run on a database that has been through others.
  if (adopted.length === 0 && gone.length > 0 && problems.length === 0)
    problems.push({ kind: 'no-match', entries: gone });
  return { adopted, gone, late, pending, problems };
}

/** Takes the one row of a record for the current version where the user says so; asks where it may be either. */
function withCurrent(
  ledger: ForeignLedger,
  migrations: readonly Migration[],
  current: boolean,
): { readonly ledger: ForeignLedger; readonly problems: readonly AdoptionProblem[] } {
  const [entry, ...more] = ledger.entries;
  if (!current) {
    const before = migrations.filter((one) => compareScriptVersions(one.version, entry?.version ?? '0') < 0);
    const unclear = ledger.shape === 'plain' && entry !== undefined && more.length === 0 && before.length > 0;
    const files = before.map(({ file }) => file);
    return { ledger, problems: unclear ? [{ kind: 'one-row', entry: entry.text, before: files }] : [] };
  }
  // golang-migrate's record says it anyway.
  if (ledger.upTo !== undefined && entry === undefined) return { ledger, problems: [] };
  if (entry?.version === undefined || more.length > 0)
    return { ledger, problems: [{ kind: 'not-one-row', rows: ledger.entries.length }] };
  const match = matchOf(entry, migrations);
  // Where its name tells the script, that script's version counts.
  const version = match.kind === 'script' ? match.migration.version : entry.version;
  return { ledger: { ...ledger, upTo: { text: entry.text, version } }, problems: [] };
}

type Match =
  | { readonly kind: 'script'; readonly migration: Migration }
  | { readonly kind: 'gone' }
  | Extract<AdoptionProblem, { readonly kind: 'ambiguous' | 'conflict' | 'not-a-number' }>;

function matchOf(entry: ForeignEntry, migrations: readonly Migration[]): Match {
  const { version } = entry;
  const byNumber =
    version === undefined ? undefined : migrations.find((one) => isSameScriptVersion(one.version, version));
  const words = new Set(entry.words.map(sameWords).filter((word) => word !== ''));
  const byWords = migrations.filter((one) => words.has(sameWords(one.name)));
  const [named, ...others] = byWords;
  if (byNumber !== undefined) {
    // The number of one script and the name of another: one of the two has been renumbered.
    return named === undefined || byWords.includes(byNumber)
      ? { kind: 'script', migration: byNumber }
      : { kind: 'conflict', entry: entry.text, file: byNumber.file, other: named.file };
  }
  if (others.length > 0)
    return { kind: 'ambiguous', entry: entry.text, files: byWords.map(({ file }) => file) };
  if (named !== undefined) return { kind: 'script', migration: named };
  return version === undefined || isAlien(version, migrations)
    ? { kind: 'not-a-number', entry: entry.text }
    : { kind: 'gone' };
}

/** Whether a version has points, and no script's has: `1.2` has no place among `001` and `002`. */
const isAlien = (version: string, migrations: readonly Migration[]): boolean =>
  isPointed(version) && !migrations.some((one) => isPointed(one.version));

const isPointed = (version: string): boolean => versionKey(version).includes('.');
