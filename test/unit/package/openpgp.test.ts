import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseDetached, parseKeyring } from '../../../scripts/package/openpgp.ts';

/** A packet of the old form, with a length of one byte; what is in it does not matter here. */
const packet = (tag: number, body: readonly number[] = [4, 0]): Buffer =>
  Buffer.from([0x80 | (tag << 2), body.length, ...body]);

const newForm = (tag: number, length: readonly number[], body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0xc0 | tag, ...length]), body]);

const armoured = (label: string, bytes: Buffer, headers = ''): string =>
  `-----BEGIN PGP ${label}-----\n${headers}\n${bytes.toString('base64')}\n=abcd\n-----END PGP ${label}-----\n`;

const signature = packet(2);
const key = Buffer.concat([packet(6), packet(13), packet(2)]);
const long = Buffer.alloc(300, 4);

it.each<[string, Buffer | string, Buffer | string | undefined]>([
  ['a signature', signature, signature],
  ['a signature in armour', armoured('SIGNATURE', signature), signature],
  [
    'one with headers and DOS lines',
    armoured('SIGNATURE', signature, 'Version: 1\n').replaceAll('\n', '\r\n'),
    signature,
  ],
  ['one of the new form', newForm(2, [192, 300 - 192], long), newForm(2, [192, 300 - 192], long)],
  [
    'one with a length of four bytes',
    newForm(2, [255, 0, 0, 1, 44], long),
    newForm(2, [255, 0, 0, 1, 44], long),
  ],
  ['one whose length comes in parts', newForm(2, [0xe8], long), undefined],
  ['two signatures', Buffer.concat([signature, signature]), 'several'],
  ['two blocks', armoured('SIGNATURE', signature).repeat(2), 'several'],
  ['a signed message', Buffer.concat([packet(4), packet(11), signature]), 'message'],
  ['an old signed message', Buffer.concat([signature, packet(11)]), 'message'],
  ['a compressed message', Buffer.from([0xa3, 1, 2, 3]), 'message'],
  ['a message in armour', armoured('MESSAGE', packet(8)), 'message'],
  ['signed text', `-----BEGIN PGP SIGNED MESSAGE-----\n\nx\n${armoured('SIGNATURE', signature)}`, 'message'],
  ['a key', key, undefined],
  ['a signature and a key', Buffer.concat([signature, key]), undefined],
  ['one that is cut off', signature.subarray(0, -1), undefined],
  ['one that goes on', Buffer.concat([signature, Buffer.from('x')]), undefined],
  ['armour that is cut off', armoured('SIGNATURE', signature).slice(0, -10), undefined],
  ['armour that holds something else', armoured('SIGNATURE', signature).replace('\n\n', '\n\n!'), undefined],
  ['nothing', '', undefined],
  ['a page', '<html>not found</html>', undefined],
])('%s', (_, content, expected) => {
  expect(parseDetached(Buffer.from(content as string))).toEqual(expected);
});

it.each<[string, Buffer | string, number | 'secret' | undefined]>([
  ['a key', key, 1],
  ['two keys', Buffer.concat([key, key]), 2],
  [
    'two blocks, with words between',
    `A:\n${armoured('PUBLIC KEY BLOCK', key)}B:\n${armoured('PUBLIC KEY BLOCK', key)}`,
    2,
  ],
  ['a secret key', packet(5), 'secret'],
  ['a secret key in armour', armoured('PRIVATE KEY BLOCK', packet(5)), 'secret'],
  ['a secret subkey', Buffer.concat([key, packet(7)]), 'secret'],
  ['a key of a version that gpg does not know', packet(6, [3, 0]), undefined],
  ['a key and a message', Buffer.concat([key, packet(11)]), undefined],
  ['a signature', signature, undefined],
  ['a key that is cut off', key.subarray(0, -1), undefined],
  ['nothing', '', undefined],
])('of %s', (_, content, expected) => {
  const found = parseKeyring(Buffer.from(content as string));
  expect(typeof found === 'object' ? found.fingerprints.length : found).toBe(expected);
});

it('whatever the bytes are, none is read beyond their end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(0x88, 0xc2, 0x98, 0xc6), (more, first) => {
      const content = Buffer.from([first, ...more]);
      const found = parseDetached(content);
      parseKeyring(content);
      if (Buffer.isBuffer(found)) expect(found).toEqual(content);
    }),
  );
});
