import { expect, test } from 'vitest';
import { ownIdentity, type ProcessIdentity } from '../../../scripts/system/identity.ts';
import { openJournal } from '../../../scripts/upgrade/journal.ts';
import { refuseLeftOver, requireUnfinished } from '../../../scripts/upgrade/unfinished.ts';
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
