import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyVerb } from '../../../scripts/apply.ts';
import type { VerbArguments, VerbResult } from '../../../scripts/cli/verb.ts';
import { ownIdentity, type ProcessIdentity } from '../../../scripts/system/process/identity.ts';
import { upgradeVerb } from '../../../scripts/upgrade.ts';
import { openJournal } from '../../../scripts/upgrade/journal/journal.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { releaseEntries, treePrint, writePackage, writeTree } from '../../helpers/packages.ts';
import { verbArguments } from '../../helpers/verbs.ts';

const dead: ProcessIdentity = { ...ownIdentity(), startTicks: '1' };

/** A project whose run to 1.1.0 has staged its tree, and the folder that this is in. */
async function staged(
  holder: ProcessIdentity,
  inWindow: boolean,
): Promise<{ context: TestContext; area: string }> {
  const root = temporaryFolder('plan');
  const app = join(root, 'app');
  const area = join(root, '.app.maj');
  const packages = join(root, 'packages');
  writeTree(app, { VERSION: '1.0.0\n' });
  writePackage(packages, 'app-1.1.0.tar.gz', releaseEntries('1.1.0', { 'index.php': 'new' }));
  writeTree(area, {
    'staged-20261122T120000000Z/VERSION': '1.1.0\n',
    'staged-20261122T120000000Z.json': '{}',
  });
  const context = testContext({ config: { APP_DIR: app, UPDATE_SOURCE: packages } });
  const journal = await openJournal(context, '20261122T120000000Z');
  const { run } = journal;
  await journal.add({ type: 'run-started', run, from: '1.0.0', to: '1.1.0', package: 'p', holder });
  await journal.add({ type: 'staged', folder: join(area, `staged-${run}`), version: '1.1.0' });
  if (inWindow) await journal.add({ type: 'maintenance-was', state: 'off' });
  await journal.close();
  return { context, area };
}

const plan: VerbArguments<'plan'> = verbArguments(['1.1.0'], { plan: true });

type Run = (context: TestContext) => Promise<VerbResult>;
const upgradePlan: Run = (context) => upgradeVerb.run(context, plan);
const applyPlan: Run = (context) => applyVerb.run(context, plan);

describe('what a run has staged', () => {
  test.each<[string, Run, ProcessIdentity, boolean, string, number]>([
    ['maj upgrade --plan', upgradePlan, dead, true, 'upgrade-unfinished', 6],
    ['maj upgrade --plan', upgradePlan, dead, false, 'upgrade-unfinished', 6],
    ['maj upgrade --plan', upgradePlan, ownIdentity(), false, 'upgrade-at-work', 5],
    ['maj apply --plan', applyPlan, dead, true, 'upgrade-unfinished', 6],
    ['maj apply --plan', applyPlan, ownIdentity(), false, 'upgrade-at-work', 5],
  ])('is left to it by `%s`, which is refused', async (_, run, holder, inWindow, code, exitCode) => {
    const { context, area } = await staged(holder, inWindow);
    const before = treePrint(area);
    await expect(run(context)).rejects.toMatchObject({ code, exitCode });
    expect(treePrint(area)).toEqual(before);
    expect(readdirSync(area)).toHaveLength(2);
  });
});
