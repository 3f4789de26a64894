/** What the ledger's column holds. */
const mostCharacters = 32;

/**
 * Whether a text is a version: numbers with a point, a hyphen or an underline between them (`012`, `1.2.0`,
 * `16.0.0-17.0.0`). Letters have no order that everybody agrees on. Pure.
 */
export const isVersion = (text: string): boolean =>
  text.length <= mostCharacters && /^\d+(?:[._-]\d+)*$/.test(text);

/** The numbers of a version without the zeros that say nothing; text, since a number of 17 digits is not exact. */
const partsOf = (version: string): string[] => {
  const parts = version.split(/[._-]/).map((part) => part.replace(/^0+(?=.)/, ''));
  while (parts.length > 1 && parts.at(-1) === '0') parts.pop();
  return parts;
};

/** The same text for what is the same version: `007` and `7`, `1.2` and `1_2.0`. Pure. */
export const versionKey = (version: string): string => partsOf(version).join('.');

/** Less than 0 where the first of two versions comes first: number by number, a missing one is 0. Pure. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [partsOf(one), partsOf(other)];
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [left, right] = [a[at] ?? '0', b[at] ?? '0'];
    if (left === right) continue;
    return left.length === right.length ? (left < right ? -1 : 1) : left.length - right.length;
  }
  return 0;
}

/** Sorts by version. */
export const byVersion = (a: { readonly version: string }, b: { readonly version: string }): number =>
  compareVersions(a.version, b.version);

/** Whether two versions are the same one. Pure. */
export const isSameVersion = (one: string, other: string): boolean => versionKey(one) === versionKey(other);
