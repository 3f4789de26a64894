import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { applyMoves } from '../../../scripts/release/switch.ts';
import type { SwitchPlan } from '../../../scripts/release/types.ts';
import { systemErrorCode } from '../../../scripts/system/files.ts';
import { ownIdentity } from '../../../scripts/system/process/identity.ts';
import {
  openJournal,
  readJournal,
  type Journal,
  type JournalEntry,
} from '../../../scripts/upgrade/journal/journal.ts';
import { foldJournal, type RunState } from '../../../scripts/upgrade/journal/state.ts';
import { rollBack } from '../../../scripts/upgrade/recovery/roll-back.ts';
import { rollBackUnfinished as rollBackRun } from '../../../scripts/upgrade/recovery/roll-back-unfinished.ts';
import { requireUnfinished } from '../../../scripts/upgrade/recovery/unfinished.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';

const run = '20261122T120000000Z';

const rollBackUnfinished = async (context: TestContext): ReturnType<typeof rollBackRun> =>
  rollBackRun(context, await requireUnfinished(context), () =>
    Promise.reject(new Error('nothing is to be asked')),
  );

interface Installation {
  readonly context: TestContext;
  readonly live: string;
  readonly journal: Journal;
  readonly state: RunState;
}

/** An application whose files were switched in the window of an upgrade; without a database, which nobody may ask for. */
async function switched(...more: readonly JournalEntry[]): Promise<Installation> {
  const site = temporaryFolder('site');
  const live = join(site, 'app');
  const area = join(site, '.app.maj');
  const staged = join(area, `staged-${run}`);
  for (const [folder, version] of [
    [live, '1.0.0'],
    [staged, '1.1.0'],
  ] as const) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'VERSION'), version);
    await writeFile(join(folder, 'maintenance.flag'), 'on');
  }
  const kept = join(area, '1.0.0-20261122T120000Z');
  const plan: SwitchPlan = {
    moves: [
      { kind: 'rename', from: live, to: kept, witness: 'to' },
      { kind: 'rename', from: staged, to: live, witness: 'from' },
    ],
    kept,
    strays: join(area, `strays-${run}`),
    oldInode: null,
  };
  const context = testContext({ config: { APP_DIR: live, MAINTENANCE_FILE: 'maintenance.flag' } });
  const journal = await openJournal(context, run);
  onTestFinished(() => journal.close());
  // Of before a reboot: dead.
  const holder = { ...ownIdentity(), bootId: 'another' };
  const entries: readonly JournalEntry[] = [
    { type: 'run-started', run, from: '1.0.0', to: '1.1.0', package: 'p', holder },
    { type: 'staged', folder: staged, version: '1.1.0' },
    { type: 'maintenance-was', state: 'off' },
    { type: 'switch-planned', plan },
    ...more,
  ];
  for (const entry of entries) await journal.add(entry);
  await applyMoves(plan);
  const state = foldJournal(await readJournal(context, run));
  if (state === undefined) throw new Error('the journal has no start');
  return { context, live, journal, state };
}

const versionOf = (live: string): Promise<string> => readFile(join(live, 'VERSION'), 'utf8');

async function inMaintenance(live: string): Promise<boolean> {
  try {
    await readFile(join(live, 'maintenance.flag'));
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

test('a journal that cannot be written does not stop the way back, which says that it is not over', async () => {
  const { context, live, journal, state } = await switched();
  await journal.close();
  await expect(rollBack(context, journal, state, 'no space left')).rejects.toMatchObject({
    code: 'upgrade-not-rolled-back',
    exitCode: 11,
  });
  expect(await versionOf(live)).toBe('1.0.0');
  // Nobody is let in that the journal would not know of: a later roll-back would lose what they write.
  expect(await inMaintenance(live)).toBe(true);

  expect(await rollBackUnfinished(context)).toMatchObject({ outcome: 'rolled-back' });
  expect(await versionOf(live)).toBe('1.0.0');
  expect(await inMaintenance(live)).toBe(false);
});

test('an upgrade that was killed while it let users in is not taken back, for they may have written', async () => {
  const { context, live } = await switched(
    { type: 'step-started', step: 'migrate' },
    { type: 'step-finished', step: 'migrate' },
    { type: 'backup-taken', backup: 'of-before-the-window' },
    { type: 'step-started', step: 'maintenance-off' },
  );
  expect(await rollBackUnfinished(context)).toMatchObject({ outcome: 'succeeded', to: '1.1.0' });
  expect(await versionOf(live)).toBe('1.1.0');
  expect(await inMaintenance(live)).toBe(false);
  expect((await readJournal(context, run)).at(-1)).toMatchObject({ outcome: 'succeeded' });
});

test('a roll-back that was killed while it let users in does not restore the database again', async () => {
  const { context, live, state, journal } = await switched();
  await rollBack(context, journal, state, 'x');
  expect(await versionOf(live)).toBe('1.0.0');
  const lines = await readJournal(context, run);
  const cut = lines.filter((line) => line.type !== 'run-finished');
  const again = foldJournal(cut);
  if (again === undefined) throw new Error('the journal has no start');
  // A backup that is not there any more: asking for it would fail.
  await rollBack(context, journal, { ...again, backup: 'gone', migrationStarted: true }, 'x');
  expect((await readJournal(context, run)).at(-1)).toMatchObject({ outcome: 'rolled-back' });
});

test('a cache that cannot be cleared on the way back is a warning: files and database are back all the same', async () => {
  const { context, live, journal, state } = await switched();
  const config = { ...context.config, APP_CACHE_COMMAND: 'echo no redis >&2; exit 1' };
  await rollBack({ ...context, config }, journal, state, 'x');
  expect(await versionOf(live)).toBe('1.0.0');
  expect(await inMaintenance(live)).toBe(false);
  const warnings = context.events.filter(({ type }) => type === 'warning');
  expect(warnings).toContainEqual({
    type: 'warning',
    note: 'cache-not-cleared',
    facts: { reason: expect.stringContaining('no redis') as unknown },
  });
  expect((await readJournal(context, run)).at(-1)).toMatchObject({ outcome: 'rolled-back' });
});
