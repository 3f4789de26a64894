import { expect, test } from 'vitest';
import type { PartId } from '../../../scripts/dump/part.ts';
import { structureDiffs, type PartDifference } from '../../../scripts/restore/differences.ts';
import { isNothing, planRestore } from '../../../scripts/restore/restore-database.ts';

const differs = (
  kind: PartId['kind'],
  object: string | null,
  section: PartId['section'] = 'structure',
  more: Partial<PartDifference> = {},
): PartDifference => ({
  id: { kind, object, section, number: 1, index: 0 },
  what: 'differs',
  expected: null,
  found: null,
  ...more,
});
const known = new Set(['a', 'b', 'c']);
const summary = (...[parts, charset = false, only]: [PartDifference[], boolean?, Set<string>?]): object => {
  const { drop, load, left, charset: sets } = planRestore(parts, charset, known, only);
  return {
    drop: [...drop.tables, ...[...drop.triggersOf].map((name) => `triggers ${name}`), ...drop.sequences],
    load: [...load.tables, ...[...load.triggersOf].map((name) => `triggers ${name}`), ...load.sequences],
    code: drop.code && load.code,
    charset: sets,
    left,
  };
};

test.each<readonly [string, Parameters<typeof summary>, object]>([
  ['a table whose rows differ', [[differs('table', 'a', 'rows')]], { drop: ['a'], load: ['a'] }],
  ['a table of another structure', [[differs('table', 'a')]], { drop: ['a'], load: ['a'] }],
  [
    'a table that is gone',
    [[differs('table', 'b', 'rows', { what: 'missing' })]],
    { drop: ['b'], load: ['b'] },
  ],
  ['a table that was added', [[differs('table', 'new', 'structure', { what: 'extra' })]], { drop: ['new'] }],
  ['triggers alone', [[differs('table', 'a', 'after')]], { drop: ['triggers a'], load: ['triggers a'] }],
  [
    'triggers of a table that is loaded anyway',
    [[differs('table', 'a', 'after'), differs('table', 'a', 'rows')]],
    { drop: ['a'], load: ['a'] },
  ],
  [
    'triggers of a table that was added',
    [[differs('table', 'new', 'after', { what: 'extra' })]],
    { drop: ['triggers new'] },
  ],
  ['a view', [[differs('view-body', 'v')]], { code: true }],
  ['routines', [[differs('routines', null)]], { code: true }],
  ['a sequence', [[differs('sequence', 's')]], { drop: ['s'], load: ['s'] }],
  ['the charset', [[], true], { charset: true }],
  ['comments of the header', [[differs('header', null), differs('final', null)]], {}],
  [
    'what was not asked for',
    [[differs('table', 'a'), differs('table', 'b'), differs('events', null)], true, new Set(['b'])],
    { drop: ['b'], load: ['b'], left: ['a (structure)', 'events'] },
  ],
])('%s', (_what, input, expected) => {
  const nothing = { drop: [], load: [], code: false, charset: false, left: [] };
  expect(summary(...input)).toEqual({ ...nothing, ...expected });
});

test('without a difference there is nothing to do', () => {
  expect(isNothing(planRestore([], false, known))).toBe(true);
  expect(isNothing(planRestore([], true, known))).toBe(false);
  expect(isNothing(planRestore([differs('routines', null)], false, known))).toBe(false);
});

test('structures are shown as a diff, rows never', () => {
  const diffs = structureDiffs([
    differs('table', 'a', 'structure', { expected: 'x\n  `a` int\ny\n', found: 'x\n  `a` bigint\ny\n' }),
    differs('table', 'a', 'rows', { expected: 'secret', found: 'other' }),
    differs('view-body', 'v', 'structure', { what: 'missing', expected: 'x' }),
  ]);
  expect(diffs).toHaveLength(1);
  expect(diffs[0]).toContain('-  `a` int\n+  `a` bigint');
  expect(diffs[0]).toContain('a (structure)');
});
