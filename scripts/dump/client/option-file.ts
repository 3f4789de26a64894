import { generateKeyPair } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  encryptionOf,
  isVerified,
  takesServersKey,
  authorityFile,
  type Encryption,
} from '../../database/encryption.ts';
import type { Target } from '../../database/session/target.ts';
import { traits, type Flavour } from '../../sql/flavour.ts';
import { privateFile, remove } from '../../system/files.ts';
import { makeTemporaryFolder } from '../../system/temporary.ts';

/** A file that tells a client where to go and who it is. */
interface OptionFile {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Writes an option file, 0600 in a 0700 folder, to be given as `--defaults-file=`, which must be the first argument:
 * the password stays out of arguments and environment, and no other option file of the machine is read.
 */
export async function makeOptionFile(target: Target, flavour: Flavour): Promise<OptionFile> {
  const folder = await makeTemporaryFolder('cnf');
  const path = join(folder, 'client.cnf');
  try {
    const sslCa = isVerified(encryptionOf(target)) ? await authorityFile(target) : target.sslCa;
    const key = await lostKeyFor(target, flavour);
    const keyFile = join(folder, 'lost-key.pem');
    if (key !== undefined) await writeFile(keyFile, key, { mode: privateFile, flag: 'wx' });
    const keyLine = key === undefined ? '' : `server-public-key-path=${optionValue(keyFile)}\n`;
    const text = `${optionFileText({ ...target, sslCa }, flavour)}${keyLine}`;
    await writeFile(path, text, { mode: privateFile, flag: 'wx' });
  } catch (error) {
    await remove(folder);
    throw error;
  }
  return { path, remove: () => remove(folder) };
}

/** What the file says. Without a socket the protocol is TCP, as for the driver: `localhost` is no socket for it. */
export function optionFileText(target: Target, flavour: Flavour): string {
  const lines = [
    `user=${optionValue(target.user)}`,
    ...(target.password === undefined ? [] : [`password=${optionValue(target.password.reveal())}`]),
    ...(target.socket === undefined
      ? [
          `host=${optionValue(target.host)}`,
          `port=${target.port}`,
          'protocol=tcp',
          ...tlsLines(target, flavour),
        ]
      : [`socket=${optionValue(target.socket)}`, 'protocol=socket']),
  ];
  return `[client]\n${lines.join('\n')}\n`;
}

/**
 * A value as the option files of both flavours take it: in double quotes, so that `#` and blanks are part of it, with
 * backslashes, quotes and control characters escaped.
 */
export function optionValue(value: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b' };
  const escaped = value
    .replaceAll(/[\\"]/g, '\\$&')
    .replaceAll(/[\n\r\t\b]/g, (character) => escapes[character] ?? character);
  return `"${escaped}"`;
}

const mysqlModes: Readonly<Record<Encryption, string>> = {
  disabled: 'DISABLED',
  preferred: 'PREFERRED',
  required: 'REQUIRED',
  'verify-ca': 'VERIFY_CA',
  verify: 'VERIFY_IDENTITY',
};

/**
 * MariaDB's clients send the password in clear, or under a key that the server names, to whoever asks for that: by plugins,
 * which lie in a folder. The driver, which always connects first, gets along with `mysql_native_password`, which needs none.
 */
const withoutPlugins = 'plugin-dir="/nonexistent"';

function tlsLines(target: Target, flavour: Flavour): string[] {
  const ca = target.sslCa === undefined ? [] : [`ssl-ca=${optionValue(target.sslCa)}`];
  const encryption = encryptionOf(target);
  // Never get-server-public-key: the key would be that of whoever answers.
  if (traits.hasSslMode[flavour]) return [`ssl-mode=${mysqlModes[encryption]}`, ...ca];
  switch (encryption) {
    case 'disabled':
      return ['skip-ssl', withoutPlugins];
    case 'verify':
    case 'verify-ca':
      // MariaDB's clients compare the name whenever they verify.
      return ['ssl', 'ssl-verify-server-cert', ...ca];
    case 'required':
      // Up to 11.3 the client goes on without encryption where the server has none; the driver, which always connects
      // first, refuses then.
      return ['ssl', 'skip-ssl-verify-server-cert', withoutPlugins, ...ca];
    case 'preferred':
      // From 11.4 on the client checks certificates unless told not to, and a server's own is rarely signed.
      return ['skip-ssl-verify-server-cert', withoutPlugins];
  }
}

let made: Promise<string> | undefined;

/**
 * A public key (PEM) that MySQL's clients are told is the server's, where the connection may not be encrypted: asked for
 * `sha256_password` there, they fetch the key of whoever answers and send the password under that, and no option forbids
 * it. Under this one nobody can read it: its other half is thrown away as it is made. Undefined where none is needed.
 */
async function lostKeyFor(target: Target, flavour: Flavour): Promise<string | undefined> {
  const encryption = encryptionOf(target);
  const mayBePlain = encryption === 'preferred' || encryption === 'disabled';
  if (!traits.fetchesServerKey[flavour] || !mayBePlain || takesServersKey(target)) return undefined;
  made ??= make();
  return made;
}

async function make(): Promise<string> {
  const { publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
