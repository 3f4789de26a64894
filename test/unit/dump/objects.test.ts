import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Inventory } from '../../../scripts/database/inventory.ts';
import { endsWhole } from '../../../scripts/dump/dump-parts.ts';
import { createCutter, rowBytesOfParts } from '../../../scripts/dump/cutter.ts';
import { createObjectFinder, missingObjects, type FoundObjects } from '../../../scripts/dump/objects.ts';

function objectsIn(dump: Buffer, chunk: number): FoundObjects {
  const cutter = createCutter(rowBytesOfParts);
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
  routines: [
    { name: 'f1', kind: 'FUNCTION' },
    { name: 'p1', kind: 'PROCEDURE' },
    { name: 'p`2', kind: 'PROCEDURE' },
  ],
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
      routines: [
        { name: 'lost_routine', kind: 'FUNCTION' },
        { name: 'p1', kind: 'FUNCTION' },
      ],
      events: ['lost_event'],
      sequences: ['lost_sequence'],
      triggers: ['tr1', 'tr2', 'tr3', 'lost_trigger'],
    });
    expect(missingObjects(more, objectsIn(dump, 1000))).toEqual([
      'table lost',
      'view lost_view',
      'sequence lost_sequence',
      'function lost_routine',
      'function p1',
      'event lost_event',
      'trigger lost_trigger',
    ]);
  });

  test('without its view definitions only their placeholders are there, and that is not enough', () => {
    const cutOff = dump.subarray(0, dump.indexOf('-- Final view structure'));
    expect(missingObjects(inventory(), objectsIn(cutOff, 1000))).toEqual(['view v1', 'view v2']);
  });
});

const line = (text: string, encoding: BufferEncoding = 'utf8'): FoundObjects => {
  const finder = createObjectFinder();
  const part = { kind: 'routines', object: null, section: 'structure', number: 0, index: 0 } as const;
  finder.observe({ part, data: Buffer.from(`${text}\n`, encoding) });
  return finder.found();
};

test.each([
  [
    'an account with blanks and quotes',
    "CREATE DEFINER=`it's me`@`10.0.0.%` FUNCTION `f by me`(a INT)",
    'FUNCTION f by me',
  ],
  ['quotes of ANSI', 'CREATE DEFINER="a ""b"@"%" PROCEDURE "it\'s"()', "PROCEDURE it's"],
  ['a role', 'CREATE DEFINER=`a_role` PACKAGE BODY "pack" AS', 'PACKAGE BODY pack'],
  ['a name of several lines', 'CREATE DEFINER=`root`@`%` PROCEDURE `new', 'PROCEDURE new'],
])('a routine is seen behind %s', (_what, text, expected) => {
  expect([...line(text).routines]).toEqual([expected]);
});

test('of names in another charset than the dump the number counts', () => {
  const found = line('CREATE DEFINER=`root`@`%` PROCEDURE `é`()', 'latin1');
  const routines = (...names: string[]) => ({
    ...inventory({ tables: [], views: [], triggers: [], events: [] }),
    routines: names.map((name) => ({ name, kind: 'PROCEDURE' })),
  });
  expect(missingObjects(routines('é'), found)).toEqual([]);
  expect(missingObjects(routines('é', 'ü'), found)).toEqual(['procedure é', 'procedure ü']);
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
