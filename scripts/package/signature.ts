import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { refuseStrangers } from '../config/own-folders.ts';
import type { Context } from '../core/context.ts';
import { refused, unsound, wrongUsage } from '../core/errors.ts';
import { readBytesSync } from '../system/symlink-safe-fs.ts';
import { fileFailed, readBytesIfThere } from '../system/files.ts';
import { findProgram } from '../system/process/processes.ts';
import { checkWithGpgv } from './gpgv.ts';
import { checkSignature, parsePublicKey, parseSignature, type PublicKey } from './minisign.ts';
import { parseDetached, parseKeyring, type Keyring } from './openpgp.ts';

/** Who signed a package, and what he said of it: what he says is signed as well. */
export interface SignedBy {
  /** The id of a key of minisign's, or the fingerprint of one of OpenPGP's. */
  readonly keyId: string;
  /** Of minisign only. */
  readonly trustedComment: string | null;
  /** Whose key it is, by what the key itself says; of OpenPGP only. */
  readonly userId: string | null;
}

/** A package that was hashed: its sums are of the very bytes that will be unpacked. */
interface HashedPackage {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Empty where no signature of minisign's is asked for. */
  readonly blake2b512: Buffer;
}

/** Beyond this a legacy signature, which is of the bytes themselves, is not checked: they have to be in memory at once. */
const mostLegacyBytes = 1 << 30;
const mostSignatureBytes = 1_000_000;

/**
 * Checks the signature beside a package: `<package>.minisig` of minisign, `<package>.asc` or `<package>.sig` of OpenPGP.
 *
 * @throws MajError `signature-missing` (exit 3), `signature-unreadable`, `signature-other-key`, `signature-wrong` (4); of
 *   minisign also `signature-legacy` (3), `signature-comment-wrong` (4); of OpenPGP also `signature-of-message`,
 *   `signature-several`, `signature-of-text`, `signature-weak`, `signature-expired`, `signature-key-expired`,
 *   `signature-key-revoked`, `signature-unchecked` (4); `package-changed` (3)
 */
export async function verifySignature(
  context: Pick<Context, 'env' | 'signal'>,
  key: RequiredKey,
  hashed: HashedPackage,
): Promise<SignedBy> {
  const sigFiles = signatureSuffixes[key.kind].map((suffix) => `${hashed.file}${suffix}`);
  for (const sigFile of sigFiles) {
    const content = await readBytesIfThere(sigFile, mostSignatureBytes);
    if (content === undefined) continue;
    return key.kind === 'minisign'
      ? byMinisign(key.key, hashed, sigFile, content.toString('utf8'))
      : byOpenPgp(context, key, hashed, sigFile, content);
  }
  throw refused('signature-missing', { path: hashed.file, sigFiles, kind: key.kind, keyIds: key.ids });
}

function byMinisign(key: PublicKey, hashed: HashedPackage, sigFile: string, text: string): SignedBy {
  const { file, bytes } = hashed;
  const signed = parseSignature(text);
  if (signed === undefined) throw unsound('signature-unreadable', { sigFile, kind: 'minisign' });
  if (signed.kind === 'legacy' && bytes > mostLegacyBytes)
    throw refused('signature-legacy', { path: file, sigFile, bytes });
  const content = signed.kind === 'hashed' ? hashed.blake2b512 : bytesOf(file, hashed.sha256);
  switch (checkSignature(key, signed, content)) {
    case 'sound':
      return { keyId: key.id, trustedComment: signed.trustedComment, userId: null };
    case 'other-key':
      throw unsound('signature-other-key', { sigFile, keyIds: [key.id], found: signed.keyId });
    case 'wrong':
      throw unsound('signature-wrong', { path: file, sigFile });
    case 'comment-wrong':
      throw unsound('signature-comment-wrong', { sigFile, comment: signed.trustedComment });
  }
}

async function byOpenPgp(
  context: Pick<Context, 'env' | 'signal'>,
  { gpgv, keyring, keyFile, ids }: Extract<RequiredKey, { kind: 'openpgp' }>,
  { file, sha256 }: HashedPackage,
  sigFile: string,
  content: Buffer,
): Promise<SignedBy> {
  const signature = parseDetached(content);
  if (signature === undefined) throw unsound('signature-unreadable', { sigFile, kind: 'openpgp' });
  if (signature === 'several') throw unsound('signature-several', { sigFile });
  if (signature === 'message') throw unsound('signature-of-message', { path: file, sigFile });
  const checked = await checkWithGpgv(context, gpgv, keyring, signature, file);
  const { verdict } = checked;
  if ((verdict.kind === 'sound' || verdict.kind === 'wrong') && checked.sha256 !== sha256)
    throw refused('package-changed', { path: file });
  switch (verdict.kind) {
    case 'sound':
      return { keyId: verdict.fingerprint, trustedComment: null, userId: verdict.userId };
    case 'other-key':
      throw unsound('signature-other-key', { sigFile, keyIds: ids, found: verdict.found });
    case 'wrong':
      throw unsound('signature-wrong', { path: file, sigFile });
    case 'several':
      throw unsound('signature-several', { sigFile });
    case 'of-text':
      throw unsound('signature-of-text', { path: file, sigFile });
    case 'weak':
      throw unsound('signature-weak', { path: file, sigFile, digest: verdict.digest });
    case 'expired':
      throw unsound('signature-expired', { sigFile, userId: verdict.userId });
    case 'key-expired':
      throw unsound('signature-key-expired', { sigFile, keyFile, userId: verdict.userId });
    case 'key-revoked':
      throw unsound('signature-key-revoked', { sigFile, keyFile, userId: verdict.userId });
    case 'unchecked':
      throw unsound('signature-unchecked', { sigFile, output: checked.output });
  }
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

/** What packages have to be signed with; `ids` of the keys, as the program that makes the signatures prints them. */
export type RequiredKey =
  | { readonly kind: 'minisign'; readonly ids: readonly string[]; readonly key: PublicKey }
  | {
      readonly kind: 'openpgp';
      readonly ids: readonly string[];
      readonly keyring: Keyring;
      readonly keyFile: string;
      /** The path of the program. */
      readonly gpgv: string;
    };

/** What the name of a signature ends with, behind that of its package; the first that is there counts. */
export const signatureSuffixes: Readonly<Record<RequiredKey['kind'], readonly string[]>> = {
  minisign: ['.minisig'],
  openpgp: ['.asc', '.sig'],
};

/** Keyrings of whole projects have some hundred kilobytes. */
const mostKeyBytes = 10_000_000;

/**
 * The key, or one of the keys, that packages have to be signed with; undefined when none is set.
 *
 * @throws MajError `public-key-invalid`, `project-of-another` (exit 2), `gpgv-missing` (3)
 */
export async function requiredKey(
  context: Pick<Context, 'config' | 'projectDir' | 'env'>,
): Promise<RequiredKey | undefined> {
  const setting = context.config.UPDATE_PUBLIC_KEY;
  if (setting === undefined) return undefined;
  const direct = parsePublicKey(setting);
  if (direct !== undefined) return { kind: 'minisign', ids: [direct.id], key: direct };
  const path = resolve(context.projectDir, setting);
  const content = await readBytesIfThere(path, mostKeyBytes);
  if (content === undefined) throw wrongUsage('public-key-invalid', { path, found: 'nothing' });
  // Whoever may change the file decides who may sign.
  refuseStrangers(context.projectDir, [path], context.env);
  const key = parsePublicKey(content.toString('utf8'));
  if (key !== undefined) return { kind: 'minisign', ids: [key.id], key };
  const keyring = parseKeyring(content);
  if (keyring === undefined || keyring === 'secret')
    throw wrongUsage('public-key-invalid', { path, found: keyring ?? 'other' });
  const gpgv = await findProgram(context, 'gpgv');
  if (gpgv === undefined) throw refused('gpgv-missing', { keyFile: path });
  return { kind: 'openpgp', ids: keyring.fingerprints, keyring, keyFile: path, gpgv };
}
