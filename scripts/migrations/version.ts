import { compareNumbers } from '../core/versions.ts';

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
