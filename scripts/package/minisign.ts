import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { fromBase64 } from '../core/text-hash.ts';

/** A public key of minisign's. */
export interface PublicKey {
  /** As minisign prints it, in hexadecimal. */
  readonly id: string;
  readonly key: KeyObject;
}

/** What a `.minisig` file holds. */
export interface Signature {
  /** `hashed`: of the BLAKE2b-512 sum; `legacy`: of the bytes themselves, as minisign did until 0.11 and does with `-l`. */
  readonly kind: 'hashed' | 'legacy';
  readonly keyId: string;
  readonly signature: Buffer;
  /** Signed, too: by `globalSignature`. */
  readonly trustedComment: string;
  readonly globalSignature: Buffer;
}

/** The prefix that makes a raw key of Ed25519 a SubjectPublicKeyInfo (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
/** Two letters, the key's id, the key. */
const keyBytes = 2 + 8 + 32;
const signatureBytes = 64;

/**
 * Reads a public key: the line of base64 alone, or a whole `.pub` file; undefined when it is none.
 * The formats are told at https://jedisct1.github.io/minisign/#information
 */
export function parsePublicKey(text: string): PublicKey | undefined {
  const lines = linesOf(text);
  const last = lines.at(-1);
  if (last === undefined || lines.length > 2) return undefined;
  const bytes = fromBase64(last);
  if (bytes?.length !== keyBytes || bytes.toString('latin1', 0, 2) !== 'Ed') return undefined;
  const key = createPublicKey({
    key: Buffer.concat([spkiPrefix, bytes.subarray(10)]),
    format: 'der',
    type: 'spki',
  });
  return { id: idOf(bytes), key };
}

/** Reads a `.minisig` file; undefined when it is none. */
export function parseSignature(text: string): Signature | undefined {
  const [untrusted, first = '', comment = '', second = '', ...more] = linesOf(text);
  const bytes = fromBase64(first);
  const globalSignature = fromBase64(second);
  const kind = { ED: 'hashed', Ed: 'legacy' }[bytes?.toString('latin1', 0, 2) ?? ''] as
    Signature['kind'] | undefined;
  const trusted = /^trusted comment: (.*)$/.exec(comment)?.[1];
  if (
    untrusted?.startsWith('untrusted comment: ') !== true ||
    kind === undefined ||
    trusted === undefined ||
    bytes?.length !== 2 + 8 + signatureBytes ||
    globalSignature?.length !== signatureBytes ||
    more.length > 0
  )
    return undefined;
  return {
    kind,
    keyId: idOf(bytes),
    signature: bytes.subarray(10),
    trustedComment: trusted,
    globalSignature,
  };
}

/**
 * Whether a signature is of this content and by this key: pure.
 *
 * @param content the bytes themselves for a legacy signature, their BLAKE2b-512 sum for a hashed one
 */
export function checkSignature(
  key: PublicKey,
  signed: Signature,
  content: Buffer,
): 'sound' | 'other-key' | 'wrong' | 'comment-wrong' {
  if (signed.keyId !== key.id) return 'other-key';
  if (!verify(null, content, key.key, signed.signature)) return 'wrong';
  const comment = Buffer.concat([signed.signature, Buffer.from(signed.trustedComment)]);
  return verify(null, comment, key.key, signed.globalSignature) ? 'sound' : 'comment-wrong';
}

/** The id stands there with its least byte first; minisign prints it as a number. */
const idOf = (bytes: Buffer): string =>
  Buffer.from(bytes.subarray(2, 10)).reverse().toString('hex').toUpperCase();

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line, index, lines) => line !== '' || index < lines.length - 1);
