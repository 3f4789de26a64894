/** A version of an application, taken apart. */
interface Version {
  /** `6.4.0` as 6, 4, 0: as they are written, leading zeros too. */
  readonly numbers: readonly string[];
  /** What follows the numbers, as it is written: `rc1`, `-beta.2`; empty where nothing does. */
  readonly suffix: string;
  /** Below the release, that itself, or a patch of it. */
  readonly stage: -1 | 0 | 1;
  /** The words and numbers of the suffix, in order. */
  readonly parts: readonly (string | bigint)[];
  /** What follows a `+`. */
  readonly build: string;
}

/** Longer ones are no versions: some become the names of folders. */
const mostLetters = 100;
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const form = new RegExp(
  `^v?(\\d+(?:\\.\\d+)*)(-${identifiers}|[._~]?[A-Za-z][0-9A-Za-z-]*(?:\\.[0-9A-Za-z-]+)*)?(?:\\+(${identifiers}))?$`,
  'i',
);

/** What follows a release: `2.4.7-p3`, `1.2pl1`. PHP's version_compare has it so. */
const patchWords: readonly string[] = ['p', 'pl', 'patch'];
/** Words that mean another one; `dev` comes before all others. */
const sameWords: ReadonlyMap<string | bigint, string> = new Map([
  ['a', 'alpha'],
  ['b', 'beta'],
  ['dev', ''],
]);

/**
 * Takes a version apart, as applications write them: `1.2.3`, `v24.05.1`, `28.0.1.1`, `8.0.0rc1`, `2.0-beta.2`, `1.0.0+7`;
 * undefined for what is none. Pure, as all here.
 */
export function parseVersion(text: string): Version | undefined {
  const match = text.length > mostLetters ? null : form.exec(text);
  if (match === null) return undefined;
  const [, dotted = '', suffix = '', build = ''] = match;
  const numbers = dotted.split('.');
  // `2024-02-06` is a day, whatever it may be a version of.
  if (numbers.length === 1 && suffix + build !== '') return undefined;
  // `6.4.x` is a range, or a branch.
  if (/^[.-]x$/i.test(suffix)) return undefined;
  const parts = (suffix.toLowerCase().match(/\d+|[a-z]+/g) ?? []).map((part) =>
    /^\d/.test(part) ? BigInt(part) : part,
  );
  const [first, second] = parts;
  const isPatch = typeof first === 'string' && patchWords.includes(first) && typeof second === 'bigint';
  const stage = parts.length === 0 ? 0 : isPatch ? 1 : -1;
  return { numbers, suffix, stage, parts: parts.map((part) => sameWords.get(part) ?? part), build };
}

/** Whether a text is a version. */
export const isVersion = (text: string): boolean => parseVersion(text) !== undefined;

/**
 * A version as it is shown and recorded: as the application writes it, without a `v` before it. What is no version stays
 * as it is. To compare two of them, see `isSameVersion`.
 */
export function normalVersion(text: string): string {
  const trimmed = text.trim();
  return isVersion(trimmed) ? trimmed.replace(/^v/i, '') : text;
}

/** The first, second and third number of a version, as it writes them; `0` where it has fewer. Undefined for none. */
export function numbersOf(text: string): readonly [string, string, string] | undefined {
  const numbers = parseVersion(text)?.numbers;
  return numbers === undefined ? undefined : [numbers[0] ?? '0', numbers[1] ?? '0', numbers[2] ?? '0'];
}

/**
 * Compares two versions, number by number: 6.4 is 6.4.0, 24.05 comes before 24.11, and 28.0.1 before 28.0.1.1. What precedes
 * a release (`rc1`, `-beta.2`) comes before it, its patches (`-p1`) behind it. Builds of one version are equal.
 *
 * @returns below 0, 0 or above 0, as for sorting
 * @throws Error for a text that is no version: ask `isVersion` before
 */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [parseVersion(one), parseVersion(other)];
  if (a === undefined || b === undefined) throw new Error(`${a === undefined ? one : other} is no version`);
  return compareNumbers(a.numbers, b.numbers) || a.stage - b.stage || compareParts(a.parts, b.parts);
}

/** Whether two texts are one version. Builds of a version are not, and what is no version is itself alone. */
export function isSameVersion(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other;
  const [a, b] = [parseVersion(one), parseVersion(other)];
  if (a === undefined || b === undefined) return one === other;
  return a.build === b.build && compareVersions(one, other) === 0;
}

/**
 * The texts that one version may be named by, the one that is given first: 6.4 is 6.4.0, and the other way round. For
 * where versions can only be asked for, as tags; where they are listed, `isSameVersion` tells.
 */
export function versionNames(text: string): readonly string[] {
  const version = parseVersion(text);
  if (version === undefined) return [text];
  const { numbers, suffix, build } = version;
  const end = `${suffix}${build === '' ? '' : `+${build}`}`;
  const zeros = numbers.length - numbers.findLastIndex((number) => !/^0+$/.test(number)) - 1;
  const least = Math.max(2, numbers.length - zeros);
  const lengths = Array.from(
    { length: Math.max(3, numbers.length) - least + 1 },
    (_, index) => least + index,
  );
  const names = lengths.map((length) => `${padded(numbers, length).join('.')}${end}`);
  return [...new Set([normalVersion(text), ...names])];
}

const padded = (numbers: readonly string[], length: number): readonly string[] =>
  Array.from({ length }, (_, index) => numbers[index] ?? '0');

/**
 * Compares numbers that are written as text, however long they are, one after the other: 9 before 10, 05 as 5, and 0 for one
 * that is missing.
 */
export function compareNumbers(one: readonly string[], other: readonly string[]): number {
  for (let index = 0; index < Math.max(one.length, other.length); index += 1) {
    const order = compareBig(BigInt(one[index] ?? 0), BigInt(other[index] ?? 0));
    if (order !== 0) return order;
  }
  return 0;
}

/** As in semantic versions: numbers before words, the shorter of two that begin alike before the longer. */
function compareParts(one: readonly (string | bigint)[], other: readonly (string | bigint)[]): number {
  for (const [index, a] of one.entries()) {
    const b = other[index];
    if (b === undefined) return 1;
    if (a === b) continue;
    if (typeof a === 'bigint' && typeof b === 'bigint') return compareBig(a, b);
    if (typeof a !== typeof b) return typeof a === 'bigint' ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return one.length - other.length;
}

const compareBig = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0);
