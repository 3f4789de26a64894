import { statIfThere } from '../../system/files.ts';
import type { Target } from './target.ts';

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
