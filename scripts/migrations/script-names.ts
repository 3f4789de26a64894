import { refused, wrongUsage } from '../core/errors.ts';
import { compareNumbers } from '../core/versions.ts';
import { firstMatches, forWhole } from '../system/regular-expression.ts';

/** What the ledger's column holds. */
const mostCharacters = 32;

/**
 * Whether a text is a version: numbers with a point, a hyphen or an underline between them (`012`, `1.2.0`,
 * `16.0.0-17.0.0`). Letters have no order that everybody agrees on. Pure.
 */
export const isScriptVersion = (text: string): boolean =>
  text.length <= mostCharacters && /^\d+(?:[._-]\d+)*$/.test(text);

/** The numbers of a version, as they are written. */
const numbersOf = (version: string): string[] => version.split(/[._-]/);

/** The same text for what is the same version: `007` and `7`, `1.2` and `1_2.0`. Pure. */
export function versionKey(version: string): string {
  const parts = numbersOf(version).map((part) => part.replace(/^0+(?=.)/, ''));
  while (parts.length > 1 && parts.at(-1) === '0') parts.pop();
  return parts.join('.');
}

/** Less than 0 where the first of two versions comes first: number by number, a missing one is 0. Pure. */
export const compareScriptVersions = (one: string, other: string): number =>
  compareNumbers(numbersOf(one), numbersOf(other));

/** Sorts by version. */
export const byVersion = (a: { readonly version: string }, b: { readonly version: string }): number =>
  compareScriptVersions(a.version, b.version);

/** Whether two versions are the same one. Pure. */
export const isSameScriptVersion = (one: string, other: string): boolean =>
  versionKey(one) === versionKey(other);

/** What the name of a script says. */
export interface ScriptName {
  /** As it stands in the file's name: `012`, `1.2.0`, `16.0.0-17.0.0`; compared number by number. */
  readonly version: string;
  /** The words behind it: `add_invoices`; empty where there are none. */
  readonly name: string;
  /** `012_add_invoices.sql`. */
  readonly file: string;
}

/** Why a file's name is not taken. */
export interface NameProblem {
  readonly file: string;
  /**
   * `form`: it has none of the known forms, or not that of MIGRATIONS_PATTERN; `version`: what stands in the version's place is
   * none; `way-back`: it undoes a migration; `repeatable`: it has no version, and is to run again and again
   */
  readonly kind: 'form' | 'version' | 'way-back' | 'repeatable';
  /** What stands in the version's place. */
  readonly version?: string;
}

const words = String.raw`([\p{L}\p{N}_.-]+)`;

/** The forms that need no setting. The first that fits counts: ledgers hold the versions that it gives. */
const forms: readonly RegExp[] = [
  // 012_add_invoices.sql, 20240101120000_create.sql
  new RegExp(String.raw`^(\d+)_${words}\.sql$`, 'iu'),
  // V1.2__add.sql, V1_2__add.sql: Flyway's
  new RegExp(String.raw`^v(\d+(?:[._]\d+)*)__${words}\.sql$`, 'iu'),
  // 2025092300.sql, 1.2.3.sql, v1.2.sql, 16.0.0-17.0.0.sql, 1.2.0-add.sql, upgrade_12.sql
  new RegExp(String.raw`^(?:v|up(?:grade|date)[_-])?(\d+(?:[.-]\d+)*)(?:[_-]+${words})?\.sql$`, 'iu'),
];

/** golang-migrate's, Flyway's. */
const wayBack = /\.(?:down|undo|rollback)\.sql$|^u\d[\d._]*__/i;
const repeatable = /^r__/i;

/** Whether a file's name makes it one of the scripts. */
export const isScript = (name: string): boolean => /\.sql$/i.test(name) && !name.startsWith('.');

/**
 * What the names of files say of the scripts among them, in the order of their versions. Pure.
 *
 * @param pattern MIGRATIONS_PATTERN: it has to match the whole name; its first group is the version, its second, if there
 *   is one, the words
 * @throws MajError `migration-names` (wrong ones, all at once), `migration-versions` (taken twice), `migration-pattern-endless`
 */
export function namedScripts(names: readonly string[], pattern: string | undefined): ScriptName[] {
  const scripts = names.filter(isScript).sort();
  const own = pattern === undefined ? undefined : firstMatches(forWhole(pattern), scripts);
  if (own === 'endless') throw wrongUsage('migration-pattern-endless', { pattern: pattern ?? '' });
  const named: ScriptName[] = [];
  const wrong: NameProblem[] = [];
  for (const [index, file] of scripts.entries()) {
    const read = own === undefined ? readName(file) : nameIn(file, own[index] ?? null);
    if ('kind' in read) wrong.push(read);
    else named.push(read);
  }
  if (wrong.length > 0) throw refused('migration-names', { problems: wrong, pattern });
  named.sort((a, b) => byVersion(a, b) || a.file.localeCompare(b.file));
  const twice = named.filter((one, index) =>
    [named[index - 1], named[index + 1]].some((other) => other !== undefined && byVersion(other, one) === 0),
  );
  if (twice.length > 0)
    throw refused('migration-versions', { files: twice.map(({ file }) => file), pattern });
  return named;
}

function readName(file: string): ScriptName | NameProblem {
  if (wayBack.test(file)) return { file, kind: 'way-back' };
  if (repeatable.test(file)) return { file, kind: 'repeatable' };
  return nameIn(file, forms.map((form) => form.exec(file)).find((found) => found !== null) ?? null);
}

function nameIn(file: string, match: RegExpExecArray | null): ScriptName | NameProblem {
  if (match === null) return { file, kind: 'form' };
  const [, version = '', name = ''] = match;
  return isScriptVersion(version) ? { version, name, file } : { file, kind: 'version', version };
}

/** What to call a script that only the ledger still knows. */
export const nameOfRecord = ({ version, name }: Pick<ScriptName, 'version' | 'name'>): string =>
  name === '' ? version : `${version}_${name}`;

/** What its file is taken to have been called. */
export const fileOfRecord = (record: Pick<ScriptName, 'version' | 'name'>): string =>
  `${nameOfRecord(record)}.sql`;
