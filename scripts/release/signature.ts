import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { refused, unsound, wrongUsage } from '../errors.ts';
import { readBytesSync } from '../system/beneath.ts';
import { fileFailed, readIfThere } from '../system/files.ts';
import { checkSignature, parsePublicKey, parseSignature, type PublicKey } from './minisign.ts';

/** Who signed a package, and what he said of it: what he says is signed as well. */
export interface SignedBy {
  readonly keyId: string;
  readonly trustedComment: string;
}

/** The sums of the package that a signature may be of. */
export interface Digests {
  readonly sha256: string;
  readonly blake2b512: Buffer;
}

/** Beyond this a legacy signature, which is of the bytes themselves, is not checked: they have to be in memory at once. */
const mostLegacyBytes = 1 << 30;

/**
 * Checks the minisign signature in `<package>.minisig`; undefined where UPDATE_PUBLIC_KEY asks for none.
 *
 * @param digests of the very bytes that will be unpacked
 * @throws MajError `public-key-invalid` (exit 2), `signature-missing` (3), `signature-unreadable`, `signature-other-key`,
 *   `signature-wrong`, `signature-comment-wrong` (4)
 */
export async function verifySignature(
  context: Pick<Context, 'config' | 'projectDir'>,
  file: string,
  bytes: number,
  digests: Digests,
): Promise<SignedBy | undefined> {
  const key = await requiredKey(context);
  if (key === undefined) return undefined;
  const sigFile = `${file}.minisig`;
  const text = await readIfThere(sigFile);
  if (text === undefined) throw refused('signature-missing', { path: file, sigFile, keyId: key.id });
  const signed = parseSignature(text);
  if (signed === undefined) throw unsound('signature-unreadable', { sigFile });
  if (signed.kind === 'legacy' && bytes > mostLegacyBytes)
    throw refused('signature-legacy', { path: file, sigFile, bytes });
  const content = signed.kind === 'hashed' ? digests.blake2b512 : bytesOf(file, digests.sha256);
  switch (checkSignature(key, signed, content)) {
    case 'sound':
      return { keyId: key.id, trustedComment: signed.trustedComment };
    case 'other-key':
      throw unsound('signature-other-key', { sigFile, expected: key.id, found: signed.keyId });
    case 'wrong':
      throw unsound('signature-wrong', { path: file, sigFile });
    case 'comment-wrong':
      throw unsound('signature-comment-wrong', { sigFile, comment: signed.trustedComment });
  }
}

/**
 * The key that packages have to be signed with; undefined when none is set.
 *
 * @throws MajError `public-key-invalid`
 */
export async function requiredKey(
  context: Pick<Context, 'config' | 'projectDir'>,
): Promise<PublicKey | undefined> {
  const setting = context.config.UPDATE_PUBLIC_KEY;
  if (setting === undefined) return undefined;
  const direct = parsePublicKey(setting);
  if (direct !== undefined) return direct;
  const path = resolve(context.projectDir, setting);
  const text = await readIfThere(path);
  const key = text === undefined ? undefined : parsePublicKey(text);
  if (key === undefined) throw wrongUsage('public-key-invalid', { path, there: text !== undefined });
  return key;
}

/** The whole file, if it is still the one that was hashed. */
function bytesOf(file: string, sha256: string): Buffer {
  let content: Buffer;
  try {
    content = readBytesSync(file);
  } catch (error) {
    throw fileFailed(file, 'read', error);
  }
  if (createHash('sha256').update(content).digest('hex') !== sha256)
    throw refused('package-changed', { path: file });
  return content;
}
