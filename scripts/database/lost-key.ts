import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { encryptionOf, takesServersKey } from './encryption.ts';
import type { Flavour } from './flavour.ts';
import type { Target } from './target.ts';

let made: Promise<string> | undefined;

/**
 * A public key (PEM) that MySQL's clients are told is the server's, where the connection may not be encrypted: asked for
 * `sha256_password` there, they fetch the key of whoever answers and send the password under that, and no option forbids
 * it. Under this one nobody can read it: its other half is thrown away as it is made. Undefined where none is needed.
 */
export async function lostKeyFor(target: Target, flavour: Flavour): Promise<string | undefined> {
  const encryption = encryptionOf(target);
  const mayBePlain = encryption === 'preferred' || encryption === 'disabled';
  if (flavour !== 'mysql' || !mayBePlain || takesServersKey(target)) return undefined;
  made ??= make();
  return made;
}

async function make(): Promise<string> {
  const { publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
