import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { MajError } from '../../../scripts/core/errors.ts';
import { sha256OfText } from '../../../scripts/core/text-hash.ts';
import { planAcceptance } from '../../../scripts/migrations/accepted.ts';
import { readDonePrefixes } from '../../../scripts/migrations/applied-statements.ts';
import { readScript } from '../../../scripts/migrations/folder.ts';
import type { AcceptedText, LedgerRow } from '../../../scripts/migrations/ledger/columns.ts';
import type { Migration } from '../../../scripts/migrations/migration.ts';
import { fileNameOf, nextVersion } from '../../../scripts/migrations/new.ts';
import {
  pendingUpTo,
  planMigrations,
  refuseProblems,
  type MigrationPlan,
  type PlanProblem,
} from '../../../scripts/migrations/plan.ts';
import { statusExitCode, statusRows } from '../../../scripts/migrations/status.ts';
import { splitStatements } from '../../../scripts/sql/splitter.ts';
import { noProgress, progressAfter } from '../../../scripts/sql/statement.ts';
import { failureOf } from '../../helpers/failure.ts';
import { migrationsInFolder, migrationsOf } from '../../helpers/migrations.ts';

const empty = { open: () => Readable.from([]) };

const row = (version: string, checksum: string, changes: Partial<LedgerRow> = {}): LedgerRow => ({
  version,
  name: 'x',
  checksum,
  state: 'applied',
  statements: 1,
  statementsDone: 1,
  doneHash: '',
  inFlight: undefined,
  connectionId: '7',
  error: undefined,
  startedAt: '2026-11-22 10:15:30.000',
  finishedAt: undefined,
  durationMs: undefined,
  appliedBy: 'test',
  runId: 'test',
  note: undefined,
  accepted: [],
  ...changes,
});

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof MajError ? `${error.code} ${error.exitCode}` : String(error);
  }
};

describe('the folder', () => {
  test('is read in the order of numbers, whatever their width', () => {
    const found = migrationsOf({
      '10_c.sql': '',
      '9_b.sql': '',
      '202611221015_d.sql': '',
      '001_a.sql': '',
      'README.md': '',
    });
    expect(found.map(({ file }) => file)).toEqual(['001_a.sql', '9_b.sql', '10_c.sql', '202611221015_d.sql']);
  });

  test('gives one checksum for a script, whatever its line ends and BOM', async () => {
    const [unix, windows] = await migrationsInFolder({
      '1_a.sql': 'SELECT 1;\nSELECT é;\n',
      '2_b.sql': '\uFEFFSELECT 1;\r\nSELECT é;\r\n',
    });
    expect(windows?.checksum).toBe(unix?.checksum);
    expect(await Promise.all([windows, unix].map((one) => readScript(one ?? empty, 100)))).toEqual([
      'SELECT 1;\nSELECT é;\n',
      'SELECT 1;\nSELECT é;\n',
    ]);
  });

  test.each<[string, string | Buffer]>([
    ['zero bytes', 'S\0E\0'],
    ['what is not UTF-8', Buffer.from([0x53, 0xe9, 0x0a])],
  ])('refuses %s', async (_title, content) => {
    expect(await failureOf(migrationsInFolder({ '001_a.sql': content }))).toMatchObject({
      code: 'migration-encoding',
      exitCode: 3,
    });
  });
});

const texts = {
  '001_a.sql': 'CREATE TABLE a (b int);',
  '002_b.sql': 'UPDATE a SET b = 1; UPDATE a SET b = 2;',
  '003_c.sql': '',
};
const [first, second, third] = migrationsOf(texts);
const sum = (migration: typeof first): string => migration?.checksum ?? '';
const done = (text: string, count: number): string =>
  splitStatements(text, { file: 'x' }).slice(0, count).reduce(progressAfter, noProgress).hash;

/** With what there is to be read of the scripts that failed. */
const planOf = async (
  migrations: readonly Migration[],
  ledger: readonly LedgerRow[],
): Promise<MigrationPlan> => {
  const reading = { sqlMode: undefined, flavour: undefined };
  return planMigrations(migrations, ledger, await readDonePrefixes(migrations, ledger, reading));
};
const failed = (changes: Partial<LedgerRow>): LedgerRow =>
  row('002', sum(second), {
    state: 'failed',
    statements: 2,
    statementsDone: 1,
    doneHash: done(texts['002_b.sql'], 1),
    ...changes,
  });

const acceptedText = (text: string): AcceptedText => ({
  checksum: sha256OfText(text),
  at: '2026-11-22T10:15:30.000Z',
  by: 'a test',
  because: 'it says the same',
});

describe('the plan', () => {
  const problemsOf = async (
    ledger: readonly LedgerRow[],
    changed: Partial<typeof texts> = {},
  ): Promise<readonly PlanProblem[]> =>
    (await planOf(migrationsOf({ ...texts, ...changed }), ledger)).problems;

  test('runs what the ledger does not have', async () => {
    const plan = await planOf(migrationsOf(texts), [row('1', sum(first))]);
    expect(plan.pending.map(({ file, done: from }) => [file, from])).toEqual([
      ['002_b.sql', 0],
      ['003_c.sql', 0],
    ]);
    expect(plan.applied.map(({ version }) => version)).toEqual(['1']);
    expect(plan.problems).toEqual([]);
  });

  test('knows a script by its number, when its file has other zeros now', async () => {
    const plan = await planOf(migrationsOf(texts), [row('1', sum(first)), failed({ version: '2' })]);
    expect(plan.pending.map(({ version, recordedAs }) => [version, recordedAs])).toEqual([
      ['002', '2'],
      ['003', '003'],
    ]);
  });

  test('names an applied script that was edited', async () => {
    expect(await problemsOf([row('001', sum(first))], { '001_a.sql': 'x' })).toEqual([
      { kind: 'edited', version: '001', file: '001_a.sql', checksum: sha256OfText('x') },
    ]);
  });

  test.each<[string, Partial<LedgerRow>, readonly string[]]>([
    ['that maj ran', {}, ['edited']],
    ['that a baseline or an adoption took for applied', { connectionId: undefined }, []],
    ['whose text was accepted', { accepted: [acceptedText('y'), acceptedText('x')] }, []],
    ['of which another text was accepted', { accepted: [acceptedText('y')] }, ['edited']],
  ])('compares the text of a script %s', async (_title, changes, kinds) => {
    const problems = await problemsOf([row('001', sum(first), changes)], { '001_a.sql': 'x' });
    expect(problems.map(({ kind }) => kind)).toEqual(kinds);
  });

  test('of an acceptance takes the text that is there, or the one that is named', () => {
    const migrations = migrationsOf({ '001_a.sql': 'x' });
    const ledger = [row('1', sum(first)), failed({})];
    const accepting = (version: string, checksum?: string): ReturnType<typeof planAcceptance> =>
      planAcceptance(ledger, migrations, { version, checksum });
    expect(accepting('001')).toMatchObject({ file: '001_a.sql', checksum: sha256OfText('x') });
    expect(accepting('001', sha256OfText('y'))).toMatchObject({
      row: ledger[0],
      checksum: sha256OfText('y'),
    });
    for (const version of ['002', '3', 'x'])
      expect(codeOf(() => accepting(version))).toBe('accept-version 3');
    expect(codeOf(() => planAcceptance(ledger, [], { version: '1', checksum: undefined }))).toBe(
      'accept-text 3',
    );
  });

  test('names an applied script that is gone', async () => {
    const rest = migrationsOf({ '002_b.sql': texts['002_b.sql'] });
    const plan = await planOf(rest, [row('001', sum(first)), row('002', sum(second))]);
    expect(plan.problems).toEqual([{ kind: 'missing', version: '001', file: '001_x.sql' }]);
  });

  test('names a script that comes too late', async () => {
    expect(await problemsOf([row('001', sum(first)), row('003', sum(third))])).toEqual([
      { kind: 'out-of-order', version: '002', file: '002_b.sql', newest: '003' },
    ]);
  });

  test('goes on with a failed script after what is done', async () => {
    const plan = await planOf(migrationsOf(texts), [row('001', sum(first)), failed({})]);
    expect(plan.problems).toEqual([]);
    expect(plan.pending.map(({ file, done: from }) => [file, from])).toEqual([
      ['002_b.sql', 1],
      ['003_c.sql', 0],
    ]);
  });

  test('lets a failed script change after what is done, and not before', async () => {
    const ledger = [row('001', sum(first)), failed({})];
    expect(await problemsOf(ledger, { '002_b.sql': 'UPDATE a SET b = 1; UPDATE a SET b = 3;' })).toEqual([]);
    expect(
      await problemsOf(ledger, { '002_b.sql': 'UPDATE a SET b = 9; UPDATE a SET b = 2;' }),
    ).toMatchObject([{ kind: 'failed-prefix-edited', done: 1 }]);
    expect(await problemsOf(ledger, { '002_b.sql': '' })).toMatchObject([{ kind: 'failed-prefix-edited' }]);
  });

  test.each([
    'SET @id = (SELECT MAX(b) FROM a); SELECT 2;',
    'CREATE TEMPORARY TABLE t (a int); SELECT 2;',
    'LOCK TABLES a WRITE; SELECT 2;',
    'SELECT MAX(b) INTO @b FROM a; SELECT 2;',
  ])('does not go on after what only its session knew: %s', async (text) => {
    const ledger = [row('001', sum(first)), failed({ doneHash: done(text, 1) })];
    expect(await problemsOf(ledger, { '002_b.sql': text })).toMatchObject([{ kind: 'failed-session-bound' }]);
  });

  test('goes on after settings of the session, which are made again', async () => {
    const text = 'SET foreign_key_checks = 0, @a = 1; SELECT 2;';
    expect(
      await problemsOf([row('001', sum(first)), failed({ doneHash: done(text, 1) })], { '002_b.sql': text }),
    ).toEqual([]);
  });

  test.each([
    ['still being applied', failed({ state: 'applying' })],
    ['failed with a statement in doubt', failed({ inFlight: { number: 2, hash: 'x' } })],
  ])('stops everything with exit code 6 for a script that is %s', async (_title, ledgerRow) => {
    const plan = await planOf(migrationsOf(texts), [row('001', sum(first)), ledgerRow]);
    expect(plan.problems).toMatchObject([{ kind: 'unfinished', file: '002_b.sql', done: 1, of: 2 }]);
    expect(codeOf(() => refuseProblems(plan))).toBe('migration-unfinished 6');
  });

  test('is refused with every problem at once', async () => {
    const plan = await planOf(migrationsOf({ ...texts, '001_a.sql': 'x' }), [
      row('001', sum(first)),
      row('003', sum(third)),
      row('004', ''),
    ]);
    expect(() => refuseProblems(plan)).toThrow(
      /001_a\.sql has been edited[^]*004_x\.sql is in the ledger[^]*002_b\.sql is not applied/,
    );
    expect(codeOf(() => refuseProblems(plan))).toBe('migrations-refused 3');
  });

  test('has a line for every script in the status', async () => {
    const plan = await planOf(migrationsOf(texts), [row('001', sum(first)), failed({})]);
    expect(statusRows(plan).map(({ version, state }) => [version, state])).toEqual([
      ['001', 'applied'],
      ['002', 'failed'],
      ['003', 'pending'],
    ]);
  });

  test.each([
    ['nothing has happened yet', [], 0],
    ['all is applied that ran', [row('001', sum(first))], 0],
    ['a script has failed', [row('001', sum(first)), failed({})], 3],
    ['a script was edited', [row('001', sum(second))], 3],
    ['a script was cut off', [row('001', sum(first)), failed({ state: 'applying' })], 6],
  ])('has a status that exits as migrate would: %s', async (_, ledger, exitCode) => {
    expect(statusExitCode(await planOf(migrationsOf(texts), ledger))).toBe(exitCode);
  });

  test('can be cut off after a version', async () => {
    const migrations = migrationsOf(texts);
    const plan = await planOf(migrations, [row('001', sum(first))]);
    const upTo = (version: string): string[] =>
      pendingUpTo(plan, migrations, version).map(({ file }) => file);
    expect(upTo('2')).toEqual(['002_b.sql']);
    expect(upTo('003')).toEqual(['002_b.sql', '003_c.sql']);
    expect(upTo('001')).toEqual([]);
    for (const version of ['4', 'x']) expect(codeOf(() => upTo(version))).toBe('migrate-to 2');
  });
});

describe('a new migration', () => {
  const now = new Date('2026-11-22T10:15:30Z');
  test.each([
    [[], '001'],
    [['001', '009'], '010'],
    [['0012'], '0013'],
    [['999'], '1000'],
    [['202601011200'], '202611221015'],
    [['209901011200'], '209901011201'],
    [['20260101120000'], '20261122101530'],
    [['2025092300'], '2025092301'],
    [['20260101120000000001'], '20260101120000000002'],
    [['9', '10'], '11'],
    [['1.2.0', '1.1.0'], undefined],
  ])('after %j has the version %s', (versions, next) => {
    expect(nextVersion(versions, now)).toBe(next);
  });

  test('has a name that a folder can hold', () => {
    expect(['Add invoices!', 'add-x.sql', '../é', ' '].map(fileNameOf)).toEqual([
      'add_invoices',
      'add_x',
      'é',
      '',
    ]);
  });
});
