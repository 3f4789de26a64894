import { unifiedDiff } from '../core/unified-diff.ts';
import type { PartSum } from '../dump/part-sums.ts';
import { partKey, type PartId, type PartSection } from '../dump/part.ts';

/** A part with what it is compared by. */
export interface SummedPart {
  readonly id: PartId;
  readonly sum: PartSum;
}

/** A part that is not the same in both dumps. */
export interface PartDifference {
  readonly id: PartId;
  /** `missing`: the backup has it, the database has not; `extra`: the other way round. */
  readonly what: 'differs' | 'missing' | 'extra';
  /** The texts of a structure; null where there is none, and for rows always. */
  readonly expected: string | null;
  readonly found: string | null;
}

/** How two dumps compare. */
export interface Comparison {
  readonly differences: readonly PartDifference[];
  readonly equal: number;
  /** How many of the equal parts are so in their canonical form only. */
  readonly canonical: number;
}

/** Compares two dumps part by part: by what the parts are of, since their numbers may have moved. */
export function compareParts(expected: readonly SummedPart[], found: readonly SummedPart[]): Comparison {
  const differences: PartDifference[] = [];
  const others = new Map(found.map((part) => [partKey(part.id), part]));
  let equal = 0;
  let canonical = 0;
  for (const { id, sum } of expected) {
    const other = others.get(partKey(id));
    others.delete(partKey(id));
    if (other === undefined) differences.push({ id, what: 'missing', expected: sum.text, found: null });
    else if (other.sum.sha256 === sum.sha256) equal += 1;
    else if (sum.canonicalSha256 !== null && sum.canonicalSha256 === other.sum.canonicalSha256) {
      equal += 1;
      canonical += 1;
    } else differences.push({ id, what: 'differs', expected: sum.text, found: other.sum.text });
  }
  for (const { id, sum } of others.values())
    differences.push({ id, what: 'extra', expected: null, found: sum.text });
  return { differences, equal, canonical };
}

const sections: Readonly<Record<PartSection, string>> = {
  structure: 'structure',
  rows: 'rows',
  after: 'triggers',
};

/** What differs, once an object and never by content: `users (rows)`. */
export const namesOfDifferences = (differences: readonly PartDifference[]): string[] => [
  ...new Set(differences.map(({ id }) => nameOf(id))),
];

/** What a part is of, for people. */
export function nameOf(part: PartId): string {
  switch (part.kind) {
    case 'header':
    case 'events':
    case 'routines':
      return part.kind;
    case 'final':
      return 'footer';
    case 'view':
    case 'view-body':
      return `view ${part.object ?? ''}`;
    case 'sequence':
      return `sequence ${part.object ?? ''}`;
    case 'table':
      return `${part.object ?? ''} (${sections[part.section]})`;
  }
}

/** More lines than this say no more. */
const shownLines = 40;

/**
 * How structures differ, each as a unified diff of the two texts: pure. Rows are never among them: what is in a
 * database is nobody's business in a report.
 *
 * @returns one text an object; empty when only rows differ
 */
export function structureDiffs(differences: readonly PartDifference[]): string[] {
  return differences
    .filter(({ id, what }) => id.section !== 'rows' && what === 'differs')
    .flatMap(({ id, expected, found }) => {
      if (expected === null || found === null) return [];
      const labels = { before: 'in the backup', after: 'in the database' };
      const lines = unifiedDiff(nameOf(id), expected, found, labels);
      const left = lines.length - shownLines;
      return [[...lines.slice(0, shownLines), ...(left > 0 ? [`… ${left} more lines`] : [])].join('\n')];
    });
}
