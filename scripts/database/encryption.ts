import { statIfThere } from '../system/files.ts';
import { isThisMachine, type Target } from './session/target.ts';

/** How a connection is encrypted, and whether the server has to prove who it is. */
export type Encryption = Exclude<Target['sslMode'], 'auto'>;

/**
 * What DB_SSL_MODE comes to for this target: pure. `auto` asks a server on another machine for a certificate of its name;
 * what goes to this machine passes no network, and servers have certificates of their own making there. A name counts as
 * this machine only where it says so itself: what `db` leads to is said by the network.
 */
export function encryptionOf({
  socket,
  host,
  sslMode,
}: Pick<Target, 'socket' | 'host' | 'sslMode'>): Encryption {
  // Over a socket nothing is encrypted: nothing leaves the machine.
  if (socket !== undefined) return 'disabled';
  if (sslMode !== 'auto') return sslMode;
  return isThisMachine(host) ? 'preferred' : 'verify';
}

/** Whether the server has to prove that it is the one that was meant, before it learns anything. */
export const isVerified = (encryption: Encryption): boolean =>
  encryption === 'verify' || encryption === 'verify-ca';

/**
 * Whether the password may be sent under a key that the server names, on a connection that is not encrypted: pure. Whoever
 * answers in the server's place has a key as well, and learns the password. So only on this machine, and only for whoever
 * has said that nothing is to be encrypted.
 */
export const takesServersKey = ({
  socket,
  host,
  sslMode,
}: Pick<Target, 'socket' | 'host' | 'sslMode'>): boolean =>
  socket !== undefined || (sslMode === 'disabled' && isThisMachine(host));

/** Where systems keep the authorities that they trust, in one file: Debian, Alpine; Red Hat; SUSE; BSD and macOS. */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const;

/**
 * The file of the authorities that a server's certificate may be signed by: DB_SSL_CA, else the system's own. The driver
 * has a list of its own, and MySQL's clients have none, so that all of them are given this one; undefined where the system
 * has no such file.
 */
export async function authorityFile({ sslCa }: Pick<Target, 'sslCa'>): Promise<string | undefined> {
  if (sslCa !== undefined) return sslCa;
  for (const path of systemFiles) if ((await statIfThere(path))?.isFile() === true) return path;
  return undefined;
}
