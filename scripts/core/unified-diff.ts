import { createTwoFilesPatch } from 'diff';

/** The lines of a unified diff of an object's definition: pure. */
export function unifiedDiff(
  name: string,
  before: string,
  after: string,
  labels: { readonly before: string; readonly after: string },
): string[] {
  const patch = createTwoFilesPatch(name, name, before, after, labels.before, labels.after, { context: 2 });
  // Before the two names stand an index and a rule, which say nothing more.
  return patch.trimEnd().split('\n').slice(2);
}
