import { expect, it } from 'vitest';
import { verdictOf } from '../../../scripts/package/gpgv.ts';

const ours = 'E4C08BABCA8B4BE4A682FA1A291E620FC7B4A3B1';
const subkey = '5C18F4EABFC75314880FB2678E533EF545ACB35F';

const valid = (digest = '8', signatureClass = '00', primary = ours): string =>
  `VALIDSIG ${subkey} 2026-11-29 1795955397 0 4 0 22 ${digest} ${signatureClass} ${primary}`;
const good = 'GOODSIG 291E620FC7B4A3B1 Ours <o@x.example>';
const failed = (digest: string, reason: string, rest = ''): string =>
  `ERRSIG 291E620FC7B4A3B1 22 ${digest} 00 1795955397 ${reason}${rest}`;
const userId = 'Ours <o@x.example>';

it.each([
  ['a good signature, by a subkey', [good, valid()], { kind: 'sound', fingerprint: ours, userId }],
  [
    'a user id with escapes',
    ['GOODSIG 291E620FC7B4A3B1 a%0A[GNUPG:] b %25', valid()],
    { kind: 'sound', fingerprint: ours, userId: 'a\n[GNUPG:] b %' },
  ],
  ['nothing', [], { kind: 'unchecked' }],
  ['a key that is good, and no word on the signature', [good], { kind: 'unchecked' }],
  ['a valid signature alone, of which nobody says that it is good', [valid()], { kind: 'unchecked' }],
  ['a key that is not among ours', [good, valid('8', '00', subkey)], { kind: 'other-key', found: subkey }],
  [
    'a key that gpgv does not know',
    [failed('8', '9', ` ${subkey}`), 'NO_PUBKEY 291E620FC7B4A3B1'],
    { kind: 'other-key', found: subkey },
  ],
  [
    'a key that gpgv does not know, by its id',
    [failed('8', '9', ' -')],
    { kind: 'other-key', found: '291E620FC7B4A3B1' },
  ],
  ['a digest that gpgv refuses', [failed('1', '5')], { kind: 'weak', digest: 'MD5' }],
  ['an algorithm that gpgv does not know', [failed('8', '4')], { kind: 'unchecked' }],
  ['SHA-1', [good, valid('2')], { kind: 'weak', digest: 'SHA-1' }],
  ['SHA-224', [good, valid('11')], { kind: 'weak', digest: 'SHA-224' }],
  ['a digest that nobody knows', [good, valid('99')], { kind: 'weak', digest: 'digest number 99' }],
  ['a signature of text', [good, valid('8', '01')], { kind: 'of-text' }],
  ['another content', ['BADSIG 291E620FC7B4A3B1 Ours'], { kind: 'wrong' }],
  ['an expired signature', [`EXPSIG 291E620FC7B4A3B1 ${userId}`, valid()], { kind: 'expired', userId }],
  ['an expired key', [`EXPKEYSIG 291E620FC7B4A3B1 ${userId}`, valid()], { kind: 'key-expired', userId }],
  ['a revoked key', [`REVKEYSIG 291E620FC7B4A3B1 ${userId}`, valid()], { kind: 'key-revoked', userId }],
  ['two good signatures', [good, valid(), good, valid()], { kind: 'several' }],
  ['a good one and one that nobody knows', [good, valid(), failed('8', '9')], { kind: 'several' }],
  ['two that were begun', ['NEWSIG', good, valid(), 'NEWSIG'], { kind: 'several' }],
])('of %s', (_, lines, verdict) => {
  const status = lines.map((line) => `[GNUPG:] ${line}\n`).join('');
  expect(verdictOf(status, [ours])).toEqual(verdict);
});

it('lines that are not of the status are not heard', () => {
  expect(verdictOf(`${good}\n${valid()}\ngpgv: [GNUPG:] ${good}\n`, [ours])).toEqual({ kind: 'unchecked' });
});
