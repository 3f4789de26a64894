import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createCutter } from '../../../scripts/backup/cutter.ts';
import { endsWhole } from '../../../scripts/backup/dump-parts.ts';
import { createObjectFinder, missingObjects, type FoundObjects } from '../../../scripts/backup/objects.ts';
import type { Inventory } from '../../../scripts/database/inventory.ts';

function objectsIn(dump: Buffer, chunk: number): FoundObjects {
  const cutter = createCutter();
  const finder = createObjectFinder();
  for (let at = 0; at < dump.length; at += chunk)
    for (const piece of cutter.push(dump.subarray(at, at + chunk))) finder.observe(piece);
  for (const piece of cutter.end()) finder.observe(piece);
  return finder.found();
}

const inventory = (more: Partial<Inventory> = {}): Inventory => ({
  charset: 'utf8mb4',
  collation: 'utf8mb4_general_ci',
  tables: ['a b/c', 'empty1', 'nopk'].map((name) => ({ name, engine: 'InnoDB' })),
  views: ['v1', 'v2'],
  triggers: ['tr1', 'tr2', 'tr3'],
  routines: ['f1', 'p1', 'p`2'].map((name) => ({ name, kind: 'PROCEDURE' })),
  events: ['e1'],
  sequences: [],
  ...more,
});

describe.each(['mariadb', 'mysql'])('in a dump of %s', (flavour) => {
  const dump = readFileSync(new URL(`../../fixtures/dumps/${flavour}.sql`, import.meta.url));

  test.each([1_000_000, 7, 100])('everything is found, in chunks of %i bytes', (chunk) => {
    const sequences = flavour === 'mariadb' ? ['sq1'] : [];
    expect(missingObjects(inventory({ sequences }), objectsIn(dump, chunk))).toEqual([]);
  });

  test('what is not there is named by kind and name', () => {
    const more = inventory({
      tables: [{ name: 'lost', engine: 'InnoDB' }],
      views: ['lost_view'],
      routines: [{ name: 'lost_routine', kind: 'FUNCTION' }],
      events: ['lost_event'],
      sequences: ['lost_sequence'],
      triggers: ['tr1', 'tr2', 'tr3', 'lost_trigger'],
    });
    expect(missingObjects(more, objectsIn(dump, 1000))).toEqual([
      'table lost',
      'view lost_view',
      'sequence lost_sequence',
      'routine lost_routine',
      'event lost_event',
      'trigger lost_trigger',
    ]);
  });

  test('without its view definitions only their placeholders are there, and that is not enough', () => {
    const cutOff = dump.subarray(0, dump.indexOf('-- Final view structure'));
    expect(missingObjects(inventory(), objectsIn(cutOff, 1000))).toEqual(['view v1', 'view v2']);
  });
});

test.each([
  ['\n-- Dump completed\n', true],
  ['\n-- Dump completed on 2026-11-22 10:00:00\n', true],
  ['\n-- Dump completed', true],
  ['INSERT INTO t VALUES (1);\n', false],
  ['\n-- Dump completed\nmore\n', false],
  ['', false],
])('the end %j is that of a whole dump: %s', (tail, whole) => {
  expect(endsWhole(tail)).toBe(whole);
});
