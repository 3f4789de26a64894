import { expect, test } from 'vitest';
import { bypassReason, refusalOf } from '../../../scripts/gate/bypass.ts';
import { refused, wrongUsage } from '../../../scripts/core/errors.ts';

test.each<[string | undefined, string | undefined]>([
  [undefined, undefined],
  ['', undefined],
  [' the shop is down ', 'the shop is down'],
  ['障害対応中', '障害対応中'],
])('MAJ_GATE_BYPASS=%s', (given, reason) => {
  expect(bypassReason({ env: { MAJ_GATE_BYPASS: given } })).toBe(reason);
});

test.each(['1', 'yes', 'TRUE', '...', '  ', 'x'])('MAJ_GATE_BYPASS=%s says nothing', (given) => {
  expect(() => bypassReason({ env: { MAJ_GATE_BYPASS: given } })).toThrow(
    expect.objectContaining({ code: 'gate-bypass-reason' }),
  );
});

test('what the gate refuses can be bypassed, and nothing else', async () => {
  const deletion = refused('gate-deletion', { branches: ['deploy'], mirror: false });
  const input = wrongUsage('gate-input', {});
  expect(await refusalOf(() => Promise.reject(deletion), 'because')).toBe(deletion);
  expect(await refusalOf(() => Promise.resolve(), 'because')).toBeUndefined();
  await expect(refusalOf(() => Promise.reject(deletion), undefined)).rejects.toBe(deletion);
  await expect(refusalOf(() => Promise.reject(input), 'because')).rejects.toBe(input);
});
