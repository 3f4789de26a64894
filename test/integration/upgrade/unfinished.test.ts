import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownIdentity, type ProcessIdentity } from '../../../scripts/system/process/identity.ts';
import { newRunId, openJournal, type JournalEntry } from '../../../scripts/upgrade/journal/journal.ts';
import {
  findUnfinished,
  refuseLeftOver,
  refuseUnfinished,
  requireUnfinished,
} from '../../../scripts/upgrade/recovery/unfinished.ts';
import { testContext, type TestContext } from '../../helpers/context.ts';

/** A project in which a run has begun that such a process works on, or did. */
async function leftBy(holder: ProcessIdentity): Promise<TestContext> {
  const context = testContext();
  const journal = await openJournal(context, '20261122T120000000Z');
  const { run } = journal;
  await journal.add({ type: 'run-started', run, from: '1.0.0', to: '1.1.0', package: 'p', holder });
  await journal.add({ type: 'step-started', step: 'check' });
  await journal.close();
  return context;
}

test('the journal of a process that lives is code 5, though its lock was removed', async () => {
  const context = await leftBy(ownIdentity());
  const error = { code: 'upgrade-at-work', exitCode: 5, message: expect.stringContaining('1.1.0') as string };
  await expect(refuseLeftOver(context)).rejects.toMatchObject(error);
  await expect(requireUnfinished(context)).rejects.toMatchObject(error);
});

test.each<[string, Partial<ProcessIdentity>, string]>([
  ['that died', { startTicks: '1' }, 'its last step was “check”'],
  ['of before a restart', { bootId: 'another' }, 'This machine was restarted since.'],
  ['of another host', { host: 'elsewhere' }, `process ${process.pid} on elsewhere`],
  [
    'of another container',
    { pidNamespace: '1', pid: 999_999_999 },
    'It ran in another container of this host',
  ],
])('the journal of a process %s is code 6, and says so', async (_, other, words) => {
  const context = await leftBy({ ...ownIdentity(), ...other });
  await expect(refuseLeftOver(context)).rejects.toMatchObject({
    code: 'upgrade-unfinished',
    exitCode: 6,
    message: expect.stringContaining(words) as string,
  });
  expect(await requireUnfinished(context)).toMatchObject({ to: '1.1.0' });
});

const dead = { ...ownIdentity(), startTicks: '1' };
const [inWindow, over] = [
  { type: 'maintenance-was', state: 'off' },
  { type: 'run-finished', outcome: 'succeeded' },
] as const;

async function layRun(context: TestContext, run: string, ...more: readonly JournalEntry[]): Promise<void> {
  const journal = await openJournal(context, run);
  await journal.add({ type: 'run-started', run, from: '1.0.0', to: '1.1.0', package: 'p', holder: dead });
  for (const entry of more) await journal.add(entry);
  await journal.close();
}

test('a run in its window is found behind one that has ended and was begun when the clock was ahead', async () => {
  const context = testContext();
  await layRun(context, '20261122T120000000Z', inWindow);
  await layRun(context, '20310101T000000000Z', inWindow, over);
  expect(await findUnfinished(context)).toMatchObject({ run: '20261122T120000000Z' });
  const refusal = { code: 'upgrade-unfinished', exitCode: 6 };
  await expect(refuseUnfinished(context)).rejects.toMatchObject(refusal);
  await expect(refuseLeftOver(context)).rejects.toMatchObject(refusal);
});

test('of several unfinished runs one in its window comes first, then the newest', async () => {
  const context = testContext();
  await layRun(context, '20261121T120000000Z', inWindow);
  await layRun(context, '20261122T120000000Z', inWindow);
  await layRun(context, '20261123T120000000Z');
  await layRun(context, '20261124T120000000Z', inWindow, over);
  for (const run of ['20261122T120000000Z', '20261121T120000000Z', '20261123T120000000Z']) {
    expect(await findUnfinished(context)).toMatchObject({ run });
    const journal = await openJournal(context, run);
    await journal.add(over);
    await journal.close();
  }
  expect(await findUnfinished(context)).toBeUndefined();
});

test('the line of an end that a crash cut off is none, and neither are words that look like one', async () => {
  const context = testContext();
  const reason = '{"at":"","type":"run-finished","outcome":"succeeded"}';
  await layRun(context, '20261122T120000000Z', inWindow, { type: 'roll-back-failed', reason });
  const path = join(context.projectDir, '.maj', 'runs', '20261122T120000000Z', 'journal.ndjson');
  await appendFile(path, '{"at":"2026-11-22T12:00:00.000Z","type":"run-finished","outc');
  expect(await findUnfinished(context)).toMatchObject({ run: '20261122T120000000Z' });
});

test('a new run comes after all others, though the clock was ahead', async () => {
  const context = testContext();
  await layRun(context, '29991231T235959999Z', over);
  expect(await newRunId(context)).toBe('30000101T000000000Z');
});
