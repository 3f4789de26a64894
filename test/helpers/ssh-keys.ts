import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './context.ts';

/** A key of ssh-keygen, without a passphrase unless one is given. */
export interface SshKey {
  /** The path of the private key. */
  readonly path: string;
  /** The line of a file of allowed signers that lets it sign receipts. */
  readonly line: (name: string, options?: string) => string;
}

/** Makes a key. */
export function sshKey(passphrase = ''): SshKey {
  const path = join(temporaryFolder('key'), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'a key', '-f', path]);
  const publicKey = readFileSync(`${path}.pub`, 'utf8').trim();
  return { path, line: (name, options = 'namespaces="maj-receipt"') => `${name} ${options} ${publicKey}\n` };
}
