import type { Schema } from '../database/fingerprint.ts';
import { unifiedDiff } from '../database/unified-diff.ts';

const labels = { before: 'before', after: 'after' };

/**
 * What changed between two schemas, as unified diffs, one an object, in the order of names: pure.
 *
 * @param ignored objects that are left out, such as `table schema_versions`
 */
export function schemaDiff(
  before: Schema,
  after: Schema,
  ignored: ReadonlySet<string> = new Set(),
): string[] {
  const names = [...new Set([...before.definitions.keys(), ...after.definitions.keys()])].sort();
  return names
    .filter((name) => !ignored.has(name))
    .flatMap((name) => {
      const [was, is] = [before.definitions.get(name) ?? '', after.definitions.get(name) ?? ''];
      return was === is ? [] : [unifiedDiff(name, was, is, labels).join('\n')];
    });
}
