import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { VerbResult } from '../../../scripts/cli/verb.ts';
import { MajError } from '../../../scripts/core/errors.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { ownIdentity } from '../../../scripts/system/process/identity.ts';
import { upgradeVerb } from '../../../scripts/upgrade.ts';
import { installationOf } from '../../../scripts/upgrade/installation.ts';
import { openJournal, readJournalText, type JournalEntry } from '../../../scripts/upgrade/journal/journal.ts';
import { bringDatabaseBack } from '../../../scripts/upgrade/recovery/roll-back.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { verbArguments } from '../../helpers/verbs.ts';
import { layBackup } from '../retention/helpers.ts';

const run = '20261122T120000000Z';

/** A project whose one run was begun on the database `shop` of db-1, and whose settings name such a database now. */
async function begun(
  now: Readonly<Record<'DB_NAME' | 'DB_HOST', string>>,
  ...more: readonly JournalEntry[]
): Promise<TestContext> {
  const appDir = join(temporaryFolder('site'), 'app');
  mkdirSync(appDir);
  writeFileSync(join(appDir, 'VERSION'), '1.1.0');
  const then = { APP_DIR: appDir, DB_NAME: 'shop', DB_HOST: 'db-1', DB_USER: 'secret-user' };
  const context = testContext({ config: { ...then, ...now } });
  const journal = await openJournal(context, run);
  const installation = await installationOf(testContext({ config: then }));
  const holder = { ...ownIdentity(), startTicks: '1' };
  await journal.add({
    type: 'run-started',
    run,
    from: '1.0.0',
    to: '1.1.0',
    package: 'p',
    holder,
    installation,
  });
  for (const entry of more) await journal.add(entry);
  await journal.close();
  return context;
}

const call = (context: TestContext, ...options: readonly string[]): Promise<VerbResult> =>
  upgradeVerb.run(context, verbArguments([], Object.fromEntries(options.map((option) => [option, true]))));

async function refusalOf(work: Promise<unknown>): Promise<MajError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof MajError)) throw new Error('it was not refused', { cause: error });
  return error;
}

const inMigrate: readonly JournalEntry[] = [
  { type: 'maintenance-was', state: 'off' },
  { type: 'backup-taken', backup: 'b' },
  { type: 'step-started', step: 'migrate' },
];

test.each(['resume', 'roll-back'])(
  'an unfinished run of another database is not touched by --%s',
  async (option) => {
    const context = await begun({ DB_NAME: 'blog', DB_HOST: 'db-1' }, ...inMigrate);
    const before = await readJournalText(context, run);
    const error = await refusalOf(call(context, option));
    expect(error).toMatchObject({ code: 'other-installation', exitCode: 6 });
    expect(error.message).toContain('the database (DB_NAME) was shop, and is blog');
    expect(describeError(error, en).hint).toContain('--db-name shop');
    expect(await readJournalText(context, run)).toBe(before);
  },
);

test('a run that was cut off before its window is begun anew on its own database only', async () => {
  const context = await begun({ DB_NAME: 'blog', DB_HOST: 'db-1' });
  expect(await refusalOf(call(context, 'resume'))).toMatchObject({ code: 'other-installation', exitCode: 6 });
});

test('one is not gone back from on another database either, once it has succeeded', async () => {
  const context = await begun({ DB_NAME: 'blog', DB_HOST: 'db-1' });
  const backup = layBackup(join(context.projectDir, '.maj', 'backups'), 1, { proven: true });
  const journal = await openJournal(context, run);
  await journal.add({ type: 'backup-taken', backup });
  await journal.add({ type: 'run-finished', outcome: 'succeeded' });
  await journal.close();
  expect(await refusalOf(call(context, 'roll-back'))).toMatchObject({
    code: 'other-installation',
    exitCode: 3,
  });
});

test('a server that has another address by now is refused, until it is said to be the same', async () => {
  const context = await begun(
    { DB_NAME: 'shop', DB_HOST: 'db-2' },
    { type: 'maintenance-was', state: 'unmanaged' },
  );
  const error = await refusalOf(call(context, 'roll-back'));
  expect(error).toMatchObject({ code: 'other-installation', exitCode: 6 });
  expect(error.message).toContain('was db-1:3306, and is db-2:3306');
  expect(describeError(error, en).hint).toContain('--server-moved');
  expect((await call(context, 'roll-back', 'server-moved')).data).toMatchObject({ outcome: 'abandoned' });
});

test('that the server has moved is no excuse for another database, and no word for an upgrade', async () => {
  const context = await begun({ DB_NAME: 'blog', DB_HOST: 'db-2' }, ...inMigrate);
  expect(await refusalOf(call(context, 'roll-back', 'server-moved'))).toMatchObject({ exitCode: 6 });
  expect(() => call(context, 'server-moved')).toThrow(expect.objectContaining({ exitCode: 2 }) as Error);
});

test('the journal does not say who enters the database', async () => {
  const context = await begun({ DB_NAME: 'shop', DB_HOST: 'db-1' });
  const text = readFileSync(join(context.projectDir, '.maj', 'runs', run, 'journal.ndjson'), 'utf8');
  expect(text).toContain('"name":"shop"');
  expect(text).not.toContain('secret-user');
});

test('a backup is not put into another database than its own on the way back', async () => {
  const context = testContext({ config: { DB_NAME: 'blog', DB_USER: 'maj', DB_SOCKET: '/nonexistent' } });
  const backup = layBackup(join(context.projectDir, '.maj', 'backups'), 1, { proven: true });
  const error = await refusalOf(bringDatabaseBack(context, backup));
  expect(error).toMatchObject({ code: 'other-database', exitCode: 3 });
  expect(error.message).toMatch(/of the database shop; the settings name blog/);
});
