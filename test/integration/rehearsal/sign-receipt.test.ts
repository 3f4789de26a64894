import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keepReceipt, signReceipt } from '../../../scripts/rehearsal/sign-receipt.ts';
import { testContext } from '../../helpers/context.ts';
import { sshKey } from '../../helpers/ssh-keys.ts';
import { receiptWith } from '../../helpers/receipts.ts';

const draft = receiptWith({ id: '20261122T120000Z-0123abcd', createdAt: '2026-11-22T12:00:00.000Z' });

test('a receipt that is kept is signed as it lies there, once', async () => {
  const context = testContext({ config: { GATE_SIGNING_KEY: sshKey().path } });
  const { id } = await keepReceipt(context, draft);
  const path = join(context.projectDir, '.maj', 'receipts', `${id}.json`);
  const kept = { text: readFileSync(path, 'utf8'), signature: readFileSync(`${path}.sig`, 'utf8') };
  expect(kept.signature).toMatch(/^-----BEGIN SSH SIGNATURE-----/);
  const another = { ...context, config: { ...context.config, GATE_SIGNING_KEY: sshKey().path } };
  expect(await signReceipt(another, id)).toEqual(kept);
});

test('a key that cannot sign any more takes nothing from a rehearsal that passed', async () => {
  const context = testContext({ config: { GATE_SIGNING_KEY: '/nowhere/key' } });
  const { id } = await keepReceipt(context, draft);
  expect(context.events).toMatchObject([{ type: 'warning', note: 'receipt-not-signed', facts: { id } }]);
  await expect(signReceipt(context, id)).rejects.toMatchObject({ code: 'signing-key' });
});
