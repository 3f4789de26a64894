import { describe, expect, test } from 'vitest';
import {
  parseName,
  readEntries,
  sameWords,
  wordsOfFlywayScript,
  type ForeignLedger,
  type RawRow,
} from '../../../scripts/migrations/adopt/entries.ts';
import { planAdoption } from '../../../scripts/migrations/adopt/plan.ts';
import { recognise, type Table } from '../../../scripts/migrations/adopt/shapes.ts';
import { chooseSource } from '../../../scripts/migrations/adopt/source.ts';
import { ledgerRows } from '../../../scripts/migrations/adopt/write.ts';
import type { Migration } from '../../../scripts/migrations/migration.ts';
import { migrationsOf } from '../../helpers/migrations.ts';

/** `version:bigint`; a star: the server writes the present into it. */
const tableOf = (name: string, columns: string, base = true): Table => ({
  name,
  base,
  columns: columns.split(' ').map((text) => {
    const [column = '', type = 'varchar'] = text.replace('*', '').split(':');
    return { name: column, type, serverTime: text.endsWith('*') };
  }),
});

const flyway =
  'installed_rank:int version description type script checksum:int installed_by installed_on:timestamp* execution_time:int success:tinyint';
const phinx = 'version:bigint migration_name start_time:timestamp end_time:timestamp* breakpoint:tinyint';
const ours =
  'version name checksum state statements statements_done done_hash in_flight connection_id error started_at finished_at duration_ms applied_by run_id note';

test.each([
  ['007', '007', undefined],
  ['7', '7', undefined],
  ['20190101120000_create_users', '20190101120000', 'create_users'],
  ['012_2fa_login.sql', '012', '2fa_login'],
  ['2014_10_12_000000_create_users_table', '20141012000000', 'create_users_table'],
  ['1.2', '1.2', '1.2'],
  ['1_2', '1_2', '1_2'],
  ['1_2_3', '1_2_3', '1_2_3'],
  ['123456789012345', '123456789012345', undefined],
  ['1'.repeat(33), undefined, '1'.repeat(33)],
  ['create_users', undefined, 'create_users'],
])('the name %s is version %s and words %s', (text, version, words) => {
  expect(parseName(text)).toEqual({ version, words });
});

test('words are the same however they are joined', () => {
  expect(new Set(['CreateUsers', 'create users', 'create_users', 'create-users'].map(sameWords)).size).toBe(
    1,
  );
  expect(wordsOfFlywayScript('db/V1_2__create_users.sql')).toBe('create_users');
  expect(wordsOfFlywayScript('<< Flyway Baseline >>')).toBeUndefined();
});

test.each([
  ['schema_migrations', 'version', 'dbmate'],
  ['schema_migrations', 'version:bigint', 'plain'],
  ['schema_migrations', 'version:bigint dirty:tinyint', 'golang-migrate'],
  ['whatever', flyway, 'flyway'],
  ['migrations', 'id:int migration batch:int', 'laravel'],
  ['phinxlog', phinx, 'phinx'],
  ['schema_versions', 'version:int', 'plain'],
  ['schema_versions', 'version description applied_at:datetime', 'plain'],
  ['schema_versions', 'version status', undefined],
  ['schema_versions', 'id:int applied_at:datetime', undefined],
  ['migrations', 'id:int bird country', undefined],
  ['schema_versions', ours, undefined],
])('%s (%s) is recognised as %s', (name, columns, expected) => {
  expect(recognise(tableOf(name, columns))?.name).toBe(expected);
});

test('a view is no record', () => {
  expect(recognise(tableOf('schema_versions', 'version', false))).toBeUndefined();
});

describe('the record to adopt', () => {
  const dbmate = tableOf('schema_migrations', 'version');
  const laravel = tableOf('migrations', 'id:int migration batch:int');
  const birds = tableOf('migrations', 'id:int bird');
  const foreign = tableOf('schema_versions', 'version:int');
  const other = tableOf('schema_versions', 'id:int status');
  const ledger = tableOf('schema_versions', ours);
  const backup = tableOf('schema_versions_before_maj', 'version:int');
  const draft = tableOf('schema_versions_adopting', ours);

  test.each([
    ['the only one', [dbmate, birds], undefined, 'schema_migrations'],
    ['the named one', [dbmate, laravel], 'migrations', 'migrations'],
    ['one of an unusual name', [tableOf('my_log', 'version')], 'my_log', 'my_log'],
    ['a foreign schema_versions', [foreign], undefined, 'schema_versions'],
    ['not our own', [ledger, dbmate], undefined, 'schema_migrations'],
    ['one that got its new name before a crash', [backup, draft], undefined, 'schema_versions_before_maj'],
  ])('is %s', (_title, tables, from, expected) => {
    expect(chooseSource(tables, from).table.name).toBe(expected);
  });

  test.each([
    ['none', [tableOf('users', 'id')], undefined, 'adopt-nothing'],
    ['only our own', [ledger, backup], undefined, 'adopt-nothing'],
    ['several', [dbmate, laravel], undefined, 'adopt-several'],
    ['an unknown shape', [birds], undefined, 'adopt-unknown'],
    ['a name that is not there', [dbmate], 'x', 'adopt-from'],
    ['our own by name', [ledger], 'schema_versions', 'adopt-from'],
    ['a taken ledger name', [dbmate, other], undefined, 'adopt-name-taken'],
    ['a taken backup name', [foreign, backup], undefined, 'adopt-name-taken'],
    [
      'a taken draft name',
      [foreign, tableOf('schema_versions_adopting', 'id')],
      undefined,
      'adopt-name-taken',
    ],
  ])('is refused: %s', (_title, tables, from, code) => {
    expect(() => chooseSource(tables, from)).toThrow(expect.objectContaining({ code }));
  });

  test('tells what an adoption has to make room for and clean up', () => {
    expect(chooseSource([foreign, draft], undefined)).toMatchObject({
      makesRoom: true,
      ledgerThere: false,
      draftThere: true,
    });
    expect(chooseSource([ledger, dbmate], undefined)).toMatchObject({ makesRoom: false, ledgerThere: true });
  });
});

const read = (name: string, columns: string, rows: readonly RawRow[]): ForeignLedger => {
  const table = tableOf(name, columns);
  const shape = recognise(table);
  if (shape === undefined) throw new Error(`${name} is not recognised.`);
  return readEntries({ table, shape }, rows);
};
const versions = (...list: readonly string[]): ForeignLedger =>
  read(
    'schema_migrations',
    'version',
    list.map((version) => ({ version })),
  );
const current = (version: string, dirty = '0'): ForeignLedger =>
  read('schema_migrations', 'version:bigint dirty:tinyint', [{ version, dirty }]);
const flywayRows = (...rows: readonly RawRow[]): ForeignLedger =>
  read(
    'flyway_schema_history',
    flyway,
    rows.map((row, index) => ({
      installed_rank: `${index + 1}`,
      type: 'SQL',
      success: '1',
      script: '',
      description: '',
      ...row,
    })),
  );
const folder = (...files: readonly string[]): Migration[] =>
  migrationsOf(Object.fromEntries(files.map((name) => [name, 'SELECT 1;'])));
const three = folder('001_users.sql', '002_orders.sql', '003_bills.sql');

describe('an adoption', () => {
  test.each<
    [string, ForeignLedger, Migration[], Partial<Record<'adopted' | 'gone' | 'late' | 'pending', string[]>>]
  >([
    ['numbers', versions('1', '02'), three, { adopted: ['001', '002'], pending: ['003'] }],
    ['nothing applied', versions(), three, { pending: ['001', '002', '003'] }],
    [
      'a file that is gone',
      versions('1', '5'),
      three,
      { adopted: ['001'], gone: ['5'], pending: ['002', '003'] },
    ],
    ['a gap', versions('1', '3'), three, { adopted: ['001', '003'], late: ['002'], pending: ['002'] }],
    ['a current version', current('2'), three, { adopted: ['001', '002'], pending: ['003'] }],
    [
      'a current version whose file is gone',
      current('9'),
      three,
      { adopted: ['001', '002', '003'], gone: ['9'] },
    ],
    ['before the first version', current('-1'), three, { pending: ['001', '002', '003'] }],
    [
      'Laravel’s dates',
      read('migrations', 'id:int migration batch:int', [
        { id: '1', migration: '2014_10_12_000000_create_users_table', batch: '1' },
        { id: '2', migration: '2014_10_12_100000_orders', batch: '1' },
      ]),
      folder('20141012000000_create_users_table.sql', '20240000000000_orders.sql'),
      { adopted: ['20141012000000', '20240000000000'] },
    ],
    [
      'Phinx’s names',
      read('phinxlog', phinx, [
        { version: '20190101120000', migration_name: 'CreateUsers', end_time: '2019-01-01 12:00:01' },
      ]),
      folder('001_create_users.sql', '002_orders.sql'),
      { adopted: ['001'], pending: ['002'] },
    ],
    [
      'Flyway’s dotted versions by description and by script',
      flywayRows({ version: '1.1', description: 'users' }, { version: '1.2', script: 'V1_2__orders.sql' }),
      three,
      { adopted: ['001', '002'], pending: ['003'] },
    ],
    [
      'Flyway’s history: undone, repeatable, baseline',
      flywayRows(
        { version: '1', type: 'BASELINE', description: '<< Flyway Baseline >>' },
        { version: '2', description: 'orders' },
        { version: '3', description: 'bills' },
        { version: '3', type: 'UNDO_SQL', description: 'bills' },
        { version: null, description: 'views' },
      ),
      three,
      { adopted: ['001', '002'], pending: ['003'] },
    ],
  ])('of %s', (_title, ledger, migrations, expected) => {
    const plan = planAdoption(ledger, migrations);
    expect(plan.problems).toEqual([]);
    expect({
      adopted: plan.adopted.map(({ migration }) => migration.version),
      gone: plan.gone,
      late: plan.late.map(({ version }) => version),
      pending: plan.pending.map(({ version }) => version),
    }).toEqual({ adopted: [], gone: [], late: [], pending: [], ...expected });
  });

  const one = (...list: readonly string[]): ForeignLedger =>
    read(
      'schema_versions',
      'version:int',
      list.map((version) => ({ version })),
    );

  test.each<[string, ForeignLedger, Migration[], boolean, string[]]>([
    ['dirty', current('2', '1'), three, false, ['dirty']],
    ['failed', flywayRows({ version: '1', success: '0' }), three, false, ['failed']],
    ['a dotted version', flywayRows({ version: '1.2', description: 'x' }), three, false, ['not-a-number']],
    ['a dotted baseline', flywayRows({ version: '1.2', type: 'BASELINE' }), three, false, ['not-a-number']],
    [
      'unfinished',
      read('phinxlog', phinx, [{ version: '1', migration_name: 'Users', end_time: null }]),
      three,
      false,
      ['unfinished'],
    ],
    [
      'several current versions',
      read('schema_migrations', 'version:bigint dirty:tinyint', [
        { version: '1', dirty: '0' },
        { version: '2', dirty: '0' },
      ]),
      three,
      false,
      ['several-current'],
    ],
    [
      'a name of two files',
      versions('x_fix'),
      folder('001_x_fix.sql', '002_x_fix.sql'),
      false,
      ['ambiguous'],
    ],
    ['the number of one, the name of another', versions('1_orders'), three, false, ['conflict']],
    ['one file twice', versions('1', '001'), three, false, ['twice']],
    ['nothing that is known', versions('20190101', '20190102'), three, false, ['no-match']],
    ['one row that may be the version', one('2'), three, false, ['one-row']],
    ['one row that is the version', one('2'), three, true, []],
    ['one row that is the first', one('1'), three, false, []],
    ['several rows, said to be one', one('1', '2'), three, true, ['not-one-row']],
  ])('of %s', (_title, ledger, migrations, isCurrent, kinds) => {
    const plan = planAdoption(ledger, migrations, { current: isCurrent });
    expect(plan.problems.map(({ kind }) => kind)).toEqual(kinds);
  });

  test('says of repeatable scripts that they are left out', () => {
    expect(flywayRows({ version: null, description: 'views' }).leftOut).toEqual(['views']);
  });
});

test('the rows have the time where it is a moment, and its text in the note where nobody knows', () => {
  const whole = { done: 1, hash: 'f'.repeat(64) };
  const ledger = flywayRows({
    version: '1',
    description: 'users',
    installed_by: 'root',
    maj_moment: '1577880000',
    execution_time: '1500',
  });
  const now = new Date('2026-11-22T10:00:00Z');
  const rowsOf = (found: ForeignLedger): ReturnType<typeof ledgerRows> =>
    ledgerRows(
      found,
      planAdoption(found, three).adopted.map((adopted) => ({ ...adopted, whole })),
      { runId: 'r', now },
    );
  expect(rowsOf(ledger)).toMatchObject([
    {
      version: '001',
      state: 'applied',
      statements: 1,
      statementsDone: 1,
      startedAt: '2020-01-01 11:59:58.500',
      finishedAt: '2020-01-01 12:00:00.000',
      durationMs: 1500,
      appliedBy: 'Flyway as root, adopted by maj',
      note: 'adopted from flyway_schema_history',
    },
  ]);
  const unknown = read('schema_versions', 'version applied_at:datetime', [
    { version: '1', applied_at: '2020-01-01 12:00:00' },
  ]);
  expect(rowsOf(unknown)).toMatchObject([
    {
      finishedAt: '2026-11-22 10:00:00.000',
      note: 'adopted from schema_versions; applied at 2020-01-01 12:00:00, time zone unknown',
    },
  ]);
});
