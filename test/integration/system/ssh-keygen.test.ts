import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkSignature, requireSshKeygen, signBytes } from '../../../scripts/system/process/ssh-keygen.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { sshKey } from '../../helpers/ssh-keys.ts';

const context = testContext();
const namespace = 'maj-receipt';
const [ours, another] = [sshKey(), sshKey()];
const bytes = '{ "name": "Été" }\n';

async function signed(key = ours, forWhat = namespace): Promise<string> {
  const made = await signBytes(context, { key: key.path, namespace: forWhat }, bytes);
  if ('why' in made) throw new Error(made.why);
  return made.signature;
}

describe('a signature', () => {
  test.each<[string, { allowed: string; of?: typeof ours; for?: string; bytes?: string }, unknown]>([
    // what is allowed, and signed; and what is said of it
    ['of an allowed key', { allowed: ours.line('dev@example.org') }, { kind: 'good', by: 'dev@example.org' }],
    [
      'of a key that several names share',
      { allowed: another.line('a@example.org') + ours.line('b@example.org,c@example.org') },
      { kind: 'good', by: 'b@example.org' },
    ],
    [
      'of another key',
      { allowed: ours.line('dev@example.org'), of: another },
      { kind: 'foreign', key: /^ED25519 key SHA256:/, why: /No principal matched/ },
    ],
    [
      'of a key that was allowed until 2020',
      { allowed: ours.line('dev@example.org', 'valid-before="20200101"') },
      { kind: 'foreign', key: /SHA256/, why: /allowed signers:1: key has expired/ },
    ],
    [
      'of a key that is allowed for other things',
      { allowed: ours.line('dev@example.org', 'namespaces="git"') },
      { kind: 'foreign', key: /SHA256/, why: /not permitted/ },
    ],
    ['where the file is empty', { allowed: '' }, { kind: 'foreign', key: /SHA256/, why: /No principal/ }],
    ['for something else', { allowed: ours.line('dev@example.org'), for: 'git' }, { kind: 'wrong' }],
    ['of other bytes', { allowed: ours.line('dev@example.org'), bytes: `${bytes} ` }, { kind: 'wrong' }],
  ])('%s', async (_title, given, expected) => {
    const signature = await signed(given.of, given.for);
    const state = await checkSignature(
      context,
      { namespace, allowed: given.allowed },
      { bytes: given.bytes ?? bytes, signature },
    );
    const patterns = Object.entries(expected as Record<string, unknown>).map(([name, value]) => [
      name,
      value instanceof RegExp ? (expect.stringMatching(value) as unknown) : value,
    ]);
    expect(state).toEqual(Object.fromEntries(patterns));
  });

  test('that is none is wrong', async () => {
    const allowed = ours.line('dev@example.org');
    expect(await checkSignature(context, { namespace, allowed }, { bytes, signature: 'x' })).toEqual({
      kind: 'wrong',
    });
  });
});

describe('a key that cannot sign says why, and asks nobody', () => {
  const garbage = join(temporaryFolder('key'), 'garbage');
  writeFileSync(garbage, 'no key\n', { mode: 0o600 });
  test.each([
    ['is not there', '/nowhere/key', /No such file/],
    ['is none', garbage, /\w/],
    ['has a passphrase', sshKey('secret words').path, /passphrase/],
  ])('%s', async (_title, key, why) => {
    expect(await signBytes(context, { key, namespace }, bytes)).toEqual({
      why: expect.stringMatching(why) as unknown,
    });
  });
});

test('without ssh-keygen on PATH it is refused by name', async () => {
  const env = { ...process.env, PATH: temporaryFolder('empty') };
  await expect(requireSshKeygen({ env })).rejects.toMatchObject({ code: 'ssh-keygen-missing' });
});
