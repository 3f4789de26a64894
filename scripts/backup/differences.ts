import { partKey, type PartId, type PartSection } from './part.ts';
import type { PartSum } from './part-sums.ts';

/** A part with what it is compared by. */
export interface SummedPart {
  readonly id: PartId;
  readonly sum: PartSum;
}

/** How two dumps compare. */
export interface Comparison {
  /** What differs, by object and never by content: `users (rows)`. */
  readonly differences: readonly string[];
  readonly equal: number;
  /** How many of the equal parts are so in their canonical form only. */
  readonly canonical: number;
}

const sections: Readonly<Record<PartSection, string>> = {
  structure: 'structure',
  rows: 'rows',
  after: 'triggers',
};

/** Compares two dumps part by part: by what the parts are of, since their numbers may have moved. */
export function compareParts(expected: readonly SummedPart[], found: readonly SummedPart[]): Comparison {
  const differences = new Set<string>();
  const others = new Map(found.map((part) => [partKey(part.id), part]));
  let equal = 0;
  let canonical = 0;
  for (const part of expected) {
    const other = others.get(partKey(part.id));
    others.delete(partKey(part.id));
    if (other === undefined) differences.add(nameOf(part.id));
    else if (other.sum.sha256 === part.sum.sha256) equal += 1;
    else if (part.sum.canonicalSha256 !== null && part.sum.canonicalSha256 === other.sum.canonicalSha256) {
      equal += 1;
      canonical += 1;
    } else differences.add(nameOf(part.id));
  }
  for (const { id } of others.values()) differences.add(nameOf(id));
  return { differences: [...differences], equal, canonical };
}

function nameOf(part: PartId): string {
  switch (part.kind) {
    case 'header':
      return 'header';
    case 'events':
    case 'routines':
      return part.kind;
    case 'final':
      return 'footer';
    case 'view-body':
      return `view ${part.object ?? ''}`;
    case 'view':
    case 'sequence':
      return `${part.kind} ${part.object ?? ''}`;
    case 'table':
      return `${part.object ?? ''} (${sections[part.section]})`;
  }
}
