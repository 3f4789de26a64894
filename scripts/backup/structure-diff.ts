import { unifiedDiff } from '../database/unified-diff.ts';
import { nameOf, type PartDifference } from './differences.ts';

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
