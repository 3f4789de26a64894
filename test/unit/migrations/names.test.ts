import { describe, expect, test } from 'vitest';
import { MajError } from '../../../scripts/core/errors.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import {
  compareScriptVersions,
  isScriptVersion,
  namedScripts,
  nameOfRecord,
  versionKey,
} from '../../../scripts/migrations/script-names.ts';

const errorOf = (work: () => unknown): MajError => {
  try {
    work();
  } catch (error) {
    if (error instanceof MajError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('versions', () => {
  test('are in the order of their numbers, part by part', () => {
    const inOrder = [
      '0',
      '000.1',
      '1',
      '1.0.1',
      '1.2',
      '1.10',
      '2.0.0-2.1.0',
      '4.0.0-4.1.0',
      '4.0.0-5.0.0',
      '9.0.0-10.0.0',
      '10.0.0-11.0.0',
      '012',
      '2025092300',
      '20240101120000',
      '20240101120000.1',
      '20240101120000000001',
      '20240101120000000002',
    ];
    const mixed = [...inOrder.slice(7), ...inOrder.slice(0, 7)].reverse();
    expect(mixed.sort(compareScriptVersions)).toEqual(inOrder);
  });

  test.each([
    ['7', '007'],
    ['1.2', '1.2.0'],
    ['1.2', '01_2'],
    ['0', '0.0'],
    ['2.0.0-2.1.0', '2.0.0-2.1'],
  ])('%s is the same one as %s', (one, other) => {
    expect([versionKey(one), compareScriptVersions(one, other)]).toEqual([versionKey(other), 0]);
  });

  test.each(['', 'a', '1a', '1.', '.1', '1..2', '1 2', "1'", '1.0-rc1', '1'.repeat(33)])(
    '“%s” is none',
    (text) => {
      expect(isScriptVersion(text)).toBe(false);
    },
  );
});

describe('names', () => {
  test.each([
    // What earlier versions of maj took: their ledgers hold these versions.
    ['001_add.sql', '001', 'add'],
    ['202611221015_add_b.sql', '202611221015', 'add_b'],
    ['1_2.sql', '1', '2'],
    ['1_2__x.sql', '1', '2__x'],
    ['012__x.sql', '012', '_x'],
    ['2025_01_01_000000_create.sql', '2025', '01_01_000000_create'],
    ['3_é-ñ.sql', '3', 'é-ñ'],
    // What applications have.
    ['002_1.2.0.sql', '002', '1.2.0'],
    ['001-add.sql', '001', 'add'],
    ['2025092300.sql', '2025092300', ''],
    ['20240101120000_create.sql', '20240101120000', 'create'],
    ['1.2.3.sql', '1.2.3', ''],
    ['v1.2.3.sql', '1.2.3', ''],
    ['1.7.8.10.sql', '1.7.8.10', ''],
    ['1.2.0_add_x.sql', '1.2.0', 'add_x'],
    ['1.2.0-2fa.sql', '1.2.0', '2fa'],
    ['16.0.0-17.0.0.sql', '16.0.0-17.0.0', ''],
    ['8.1.6-catchup.sql', '8.1.6', 'catchup'],
    ['V2__x.sql', '2', 'x'],
    ['V1.2__x.sql', '1.2', 'x'],
    ['V1_2__x_y.sql', '1_2', 'x_y'],
    ['upgrade_12.sql', '12', ''],
    ['update-1.2.sql', '1.2', ''],
    ['001_ADD.SQL', '001', 'ADD'],
  ])('%s is version %s, words “%s”', (file, version, name) => {
    expect(namedScripts([file], undefined)).toEqual([{ file, version, name }]);
  });

  test('are left alone where they end otherwise, or are hidden', () => {
    expect(namedScripts(['README.md', '.1_a.sql', 'a.sql.orig'], undefined)).toEqual([]);
  });

  test('are put in the order of their versions', () => {
    const files = ['10.0.0-11.0.0.sql', '9.0.0-10.0.0.sql', '2.9.0-3.0.0.sql'];
    expect(namedScripts(files, undefined).map(({ file }) => file)).toEqual([...files].reverse());
  });

  test.each([
    ['add.sql', '.'],
    ['repair.sql', '.'],
    ['a b.sql', '.'],
    ['schema.1.sql', '.'],
    ['f1ccd3bb-f5692e24.patch.sql', '.'],
    ['1.2.0rc1.sql', '.'],
    [`${'1'.repeat(33)}_x.sql`, ' (“1'],
    ['001_add.down.sql', ' (it takes a migration back;'],
    ['V1__x.undo.sql', ' (it takes a migration back;'],
    ['U1.2__x.sql', ' (it takes a migration back;'],
    ['R__views.sql', ' (it has no version;'],
  ])('%s is refused%s', (file, said) => {
    const error = errorOf(() => namedScripts(['001_good.sql', file], undefined));
    expect(error).toMatchObject({ code: 'migration-names', exitCode: 3 });
    const { message, hint } = describeError(error, en);
    expect(message).toContain(`: ${file}${said}`);
    expect(message).not.toContain('001_good.sql');
    expect(hint).toContain('MIGRATIONS_PATTERN');
  });

  test.each([
    [String.raw`schema-(\d+)\.sql`, 'schema-12.sql', '12', ''],
    [
      String.raw`(\d{4}_\d\d_\d\d_\d{6})_(\w+)\.sql`,
      '2014_10_12_000000_users.sql',
      '2014_10_12_000000',
      'users',
    ],
    [String.raw`^db\.(\d+(?:\.\d+)*)-(.*)\.sql$`, 'db.1.2-a b.sql', '1.2', 'a b'],
    [String.raw`(\d+)_x\.down\.sql`, '1_x.down.sql', '1', ''],
  ])('with MIGRATIONS_PATTERN=%s, %s is version %s, words “%s”', (pattern, file, version, name) => {
    expect(namedScripts([file], pattern)).toEqual([{ file, version, name }]);
  });

  test.each([
    [String.raw`(\d+)\.sql`, 'a12.sql', 'MIGRATIONS_PATTERN does not match it'],
    [String.raw`(\d+)_.*\.sql`, '1.2_a.sql', 'MIGRATIONS_PATTERN does not match it'],
    [
      String.raw`([0-9a-f]+-[0-9a-f]+)\.patch\.sql`,
      'f1ccd3bb-f5692e24.patch.sql',
      '“f1ccd3bb-f5692e24” is no version',
    ],
    [String.raw`x(\d*)\.sql`, 'x.sql', 'its version is empty'],
  ])('with MIGRATIONS_PATTERN=%s, %s is refused: %s', (pattern, file, said) => {
    const error = errorOf(() => namedScripts([file], pattern));
    const { message, hint } = describeError(error, en);
    expect(message).toContain(`${file} (${said}`);
    expect(hint).toContain(pattern);
  });

  test('with a MIGRATIONS_PATTERN that takes for ever they are refused, and nobody waits', () => {
    const error = errorOf(() => namedScripts([`${'1'.repeat(60)}x.sql`], String.raw`(\d+)+\.sql`));
    expect(error).toMatchObject({ code: 'migration-pattern-endless', exitCode: 2 });
  });

  test.each([
    [
      ['001_a.sql', '1_b.sql', '2_c.sql'],
      ['001_a.sql', '1_b.sql'],
    ],
    [
      ['2.11.sql', '2.11.0.sql'],
      ['2.11.0.sql', '2.11.sql'],
    ],
    [
      ['V1.2__a.sql', '1.2.sql'],
      ['1.2.sql', 'V1.2__a.sql'],
    ],
    [
      ['2014_10_12_000000_a.sql', '2014_11_01_000000_b.sql'],
      ['2014_10_12_000000_a.sql', '2014_11_01_000000_b.sql'],
    ],
  ])('%j: a version is taken twice', (files, twice) => {
    const error = errorOf(() => namedScripts(files, undefined));
    expect(error).toMatchObject({ code: 'migration-versions', exitCode: 3 });
    expect(describeError(error, en).message).toBe(`A version is taken twice: ${twice.join(', ')}.`);
  });

  test('of scripts that are gone are made of what the ledger has', () => {
    expect(
      [
        { version: '012', name: 'add' },
        { version: '1.2.0', name: '' },
      ].map(nameOfRecord),
    ).toEqual(['012_add', '1.2.0']);
  });
});
