import { expect, test } from 'vitest';
import { expiredTrees, type OldTreeFacts } from '../../../scripts/release/old-trees.ts';

const facts = (more: Partial<OldTreeFacts>): OldTreeFacts => ({
  trees: [
    { path: '/area/old', since: '2026-09-01T00:00:00Z' },
    { path: '/area/older', since: '2026-08-01T00:00:00Z' },
    { path: '/area/young', since: '2026-11-01T00:00:00Z' },
  ],
  needed: ['/app'],
  mounted: new Set(['/', '/area-two']),
  newestProven: '2026-11-22T00:00:00Z',
  days: 30,
  ...more,
});

test.each<[string, Partial<OldTreeFacts>, string[]]>([
  ['what is older than the days', {}, ['/area/old', '/area/older']],
  [
    'days that count from the newest proven backup',
    { newestProven: '2026-09-05T00:00:00Z' },
    ['/area/older'],
  ],
  ['nothing while nothing is proven', { newestProven: undefined }, []],
  ['nothing within more days', { days: 365 }, []],
  ['not what is needed', { needed: ['/area/old'] }, ['/area/older']],
  ['not what holds what is needed', { needed: ['/area/old/app'] }, ['/area/older']],
  ['what is only named alike', { needed: ['/area/older-still'] }, ['/area/old', '/area/older']],
  ['not what something is mounted on', { mounted: new Set(['/area/old']) }, ['/area/older']],
  ['not what something is mounted in', { mounted: new Set(['/area/old/uploads']) }, ['/area/older']],
])('of old trees expires %s', (_, more, expired) => {
  expect(expiredTrees(facts(more))).toEqual(expired);
});
