import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { VerbResult } from '../../../scripts/cli/verb.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import {
  refuseHalfRestored,
  refuseNarrower,
  underRestoreMark,
} from '../../../scripts/restore/restore-mark.ts';
import { statusVerb } from '../../../scripts/status.ts';
import { ownIdentity } from '../../../scripts/system/process/identity.ts';
import { refuseLeftOver, refuseUnfinished } from '../../../scripts/upgrade/recovery/unfinished.ts';
import { testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { verbArguments } from '../../helpers/verbs.ts';

const backup = '20261122T101530Z-1.4.0';
const begun = {
  backup,
  database: 'app',
  scope: { database: ['users'], files: false, definers: 'keep' as const },
  maintenance: 'off' as const,
};
const atWork = { code: 'restore-at-work', exitCode: 5 };
const left = { code: 'restore-unfinished', exitCode: 6 };

const status = (context: TestContext): Promise<VerbResult> => statusVerb.run(context, verbArguments());

test('while a restore works, others are told so, with code 5, and a second restore is refused', async () => {
  const context = testContext();
  await underRestoreMark(context, begun, async () => {
    await expect(refuseHalfRestored(context)).rejects.toMatchObject(atWork);
    await expect(refuseLeftOver(context)).rejects.toMatchObject(atWork);
    await expect(refuseUnfinished(context, { restoring: true })).rejects.toMatchObject(atWork);
    const told = await status(context);
    expect(told.exitCode).toBe(5);
    expect(told.text(en).join('\n')).toMatch(new RegExp(`${backup}.*is at work: process ${process.pid} `));
  });
  await refuseHalfRestored(context);
});

test('one that has failed is left over, with code 6, and is run again', async () => {
  const context = testContext();
  const failing = underRestoreMark(context, begun, () => Promise.reject(new Error('no space')));
  await expect(failing).rejects.toThrow('no space');
  await expect(refuseHalfRestored(context)).rejects.toMatchObject(left);
  await refuseUnfinished(context, { restoring: true });
  expect((await status(context)).exitCode).toBe(6);
});

test('one that was cut off is run again as it was asked for, and nothing less passes for it', async () => {
  const context = testContext();
  await expect(underRestoreMark(context, begun, () => Promise.reject(new Error('cut')))).rejects.toThrow();
  const failure = await failureOf(refuseHalfRestored(context));
  expect(describeError(failure, en).hint).toContain(`maj restore ${backup} --tables users`);
  await refuseNarrower(context, begun);
  await refuseNarrower(context, { ...begun, scope: { ...begun.scope, database: 'whole' } });
  for (const less of [
    { ...begun, scope: { ...begun.scope, database: 'none' as const, files: true } },
    { ...begun, scope: { ...begun.scope, database: ['teams'] } },
    { ...begun, database: 'other' },
  ])
    await expect(refuseNarrower(context, less)).rejects.toMatchObject(left);
});

test.each([
  ['whose process has died', { holder: { ...ownIdentity(), startTicks: '1' } }],
  ['of before holders were named', {}],
])('a mark %s is of a restore that did not come to its end', async (_, more) => {
  const context = testContext();
  mkdirSync(join(context.projectDir, '.maj'));
  const mark = { backup, since: '2026-11-22T10:15:30.000Z', maintenance: 'off', ...more };
  writeFileSync(join(context.projectDir, '.maj', 'restore-unfinished.json'), JSON.stringify(mark));
  await expect(refuseHalfRestored(context)).rejects.toMatchObject(left);
  await refuseUnfinished(context, { restoring: true });
});
