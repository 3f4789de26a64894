import { createHash } from 'node:crypto';
import { fromBase64 } from '../core/text-hash.ts';

/**
 * What is in a file of OpenPGP's: keys, one signature, or something else. Only the packets are told apart (RFC 9580, 4 and 6);
 * what they say is checked by gpgv, which is given the very bytes that were looked at here.
 */

/** Public keys, as gpgv reads them. */
export interface Keyring {
  readonly bytes: Buffer;
  /** Of the primary keys, in hexadecimal as gpg prints them. */
  readonly fingerprints: readonly string[];
}

interface Packet {
  readonly tag: number;
  readonly body: Buffer;
  /** Its length is said at once: that of others is known only when they have been read. */
  readonly bounded: boolean;
}

const tags = { signature: 2, secretKey: 5, publicKey: 6, secretSubkey: 7 } as const;
/** Encrypted, signed in one pass, compressed and literal data: parts of a message. */
const ofMessages: readonly number[] = [1, 3, 4, 8, 9, 11, 18, 20];
/** Signatures, keys, subkeys, user ids and attributes; and what gpg keeps of its trust. */
const ofKeys: readonly number[] = [2, 6, 12, 13, 14, 17];

/** Reads the export of public keys, armoured or not; `secret` where secret ones are among them, undefined when it is none. */
export function parseKeyring(content: Buffer): Keyring | 'secret' | undefined {
  const blocks = isBinary(content) ? [content] : unarmoured(content, '(?:PUBLIC|PRIVATE) KEY BLOCK');
  const bytes = Buffer.concat(blocks ?? []);
  const packets = packetsOf(bytes) ?? [];
  if (packets.some(({ tag }) => tag === tags.secretKey || tag === tags.secretSubkey)) return 'secret';
  if (packets[0]?.tag !== tags.publicKey) return undefined;
  if (packets.some(({ tag, bounded }) => !bounded || !ofKeys.includes(tag))) return undefined;
  const fingerprints = packets.flatMap(({ tag, body }) =>
    tag === tags.publicKey ? fingerprintOf(body) : [],
  );
  return fingerprints.length === 0 ? undefined : { bytes, fingerprints };
}

/**
 * Reads a detached signature, armoured or not.
 *
 * @returns its bytes, not armoured; what it is instead; undefined when it is nothing of OpenPGP's
 */
export function parseDetached(content: Buffer): Buffer | 'several' | 'message' | undefined {
  // Signed text says what it is before its signature.
  if (/^-----BEGIN PGP (SIGNED )?MESSAGE/m.test(content.toString('latin1'))) return 'message';
  const blocks = isBinary(content) ? [content] : unarmoured(content, 'SIGNATURE');
  const bytes = Buffer.concat(blocks ?? []);
  const packets = packetsOf(bytes) ?? [];
  if (packets.some(({ tag }) => ofMessages.includes(tag))) return 'message';
  if (packets.length === 0 || packets.some(({ tag, bounded }) => tag !== tags.signature || !bounded))
    return undefined;
  return packets.length === 1 ? bytes : 'several';
}

/** Every packet begins with this bit; no text does. */
const isBinary = (content: Buffer): boolean => ((content[0] ?? 0) & 0x80) !== 0;

/** What is in the armour of each block, in order; undefined where there is none, or one that is broken. */
function unarmoured(content: Buffer, label: string): readonly Buffer[] | undefined {
  const block = new RegExp(
    `^-----BEGIN PGP (${label})-----[ \\t]*\\r?\\n([^]*?)^-----END PGP \\1-----`,
    'gm',
  );
  const found = [...content.toString('latin1').matchAll(block)].map(([, , text = '']) => {
    const lines = text.split('\n').map((line) => line.trim());
    // An empty line ends the headers. A line that begins with = is a sum that nobody has to check any more.
    const data = lines.slice(lines.indexOf('') + 1).filter((line) => !line.startsWith('='));
    return fromBase64(data.join(''));
  });
  const sound = found.filter((bytes) => bytes !== undefined);
  return sound.length === 0 || sound.length < found.length ? undefined : sound;
}

/** The packets one after the other; undefined where that is none. One whose length is not said is the last. */
function packetsOf(bytes: Buffer): readonly Packet[] | undefined {
  const packets: Packet[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const head = headOf(rest);
    if (head === undefined) return undefined;
    const { tag, start, length } = head;
    const bounded = length !== undefined;
    const end = bounded ? start + length : rest.length;
    if (end > rest.length) return undefined;
    packets.push({ tag, body: rest.subarray(start, end), bounded });
    rest = rest.subarray(end);
  }
  return packets;
}

interface Head {
  readonly tag: number;
  /** Where the body begins. */
  readonly start: number;
  readonly length?: number;
}

/** The head of a packet (RFC 9580, 4.2), of the new form or the old one. */
function headOf(bytes: Buffer): Head | undefined {
  const [first = 0, second = 0, third = 0] = bytes;
  if ((first & 0x80) === 0) return undefined;
  const number = (size: number): number | undefined =>
    bytes.length < 1 + size ? undefined : bytes.readUIntBE(1, size);
  const of = (tag: number, start: number, length: number | undefined): Head | undefined =>
    length === undefined ? undefined : { tag, start, length };
  if ((first & 0x40) === 0) {
    const tag = (first >> 2) & 0x0f;
    const size = [1, 2, 4][first & 3];
    return size === undefined ? { tag, start: 1 } : of(tag, 1 + size, number(size));
  }
  const tag = first & 0x3f;
  if (second < 192) return of(tag, 2, number(1));
  if (second < 224) return of(tag, 3, ((second - 192) << 8) + third + 192);
  if (second < 255) return { tag, start: 2 };
  return of(tag, 6, bytes.length < 6 ? undefined : bytes.readUInt32BE(2));
}

/** Of a key of version 4 (RFC 9580, 5.5.4); gpg and gpgv read no other. */
function fingerprintOf(body: Buffer): readonly string[] {
  if (body[0] !== 4 || body.length > 0xff_ff) return [];
  const head = Buffer.from([0x99, body.length >> 8, body.length & 0xff]);
  return [createHash('sha1').update(head).update(body).digest('hex').toUpperCase()];
}
