import { expect, test } from 'vitest';
import { findUngatedScripts, type GateEntry } from '../../../scripts/gate/gate-log.ts';
import type { Receipt } from '../../../scripts/rehearsal/receipt.ts';
import { receiptWith } from '../../helpers/receipts.ts';

const one = { version: '001', name: 'a', checksum: 'a' };
const two = { version: '002', name: 'b', checksum: 'b' };

const receipt = (result: Receipt['result'], scripts: Receipt['scripts']): Receipt =>
  receiptWith({ result, scripts });

const entry = (commit: string, what: GateEntry['what'] = 'allowed'): GateEntry => ({
  at: '2026-01-01T00:00:00.000Z',
  what,
  by: 'x',
  branch: 'deploy',
  commit,
});

const added = [{ kind: 'added', version: '002', name: 'b' }];

test.each<[string, Parameters<typeof findUngatedScripts>, unknown]>([
  ['let through here', ['c1', [entry('c1')], [one, two], []], undefined],
  ['bypassed here', ['c1', [entry('c1', 'bypassed')], [one, two], []], undefined],
  ['rehearsed, if not let through', ['c1', [], [one], [receipt('passed', [one])]], undefined],
  ['rehearsed once', ['c1', [], [one], [receipt('passed', [one, two]), receipt('passed', [one])]], undefined],
  ['not rehearsed', ['c1', [entry('c2')], [one, two], [receipt('passed', [one])]], added],
  ['failed', ['c1', [], [one, two], [receipt('failed', [one, two]), receipt('passed', [one])]], added],
  ['not known here', ['c1', [], undefined, [receipt('passed', [one])]], []],
])('%s', (_title, args, changes) => {
  expect(findUngatedScripts(...args)).toEqual(changes);
});
