import { resolve } from 'node:path';
import { refuseStrangers } from '../config/stranger.ts';
import type { Context } from '../context.ts';
import { refused, wrongUsage } from '../errors.ts';
import { readBytesIfThere } from '../system/files.ts';
import { findProgram } from '../system/processes.ts';
import { parsePublicKey, type PublicKey } from './minisign.ts';
import { parseKeyring, type Keyring } from './openpgp.ts';

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
