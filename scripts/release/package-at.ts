import { basename } from 'node:path';
import type { HttpRequest } from '../system/request.ts';
import type { RemotePackage } from './fetch.ts';
import { signatureSuffixes } from './required-key.ts';

/**
 * A package at an address, with its sum and signature at addresses like it: pure.
 *
 * @param token for its host, where that wants one
 */
export function packageAt(url: string, token: string | undefined): RemotePackage {
  const address = new URL(url);
  const name = nameIn(address);
  const at = (change: (path: string) => string): HttpRequest => {
    const other = new URL(address);
    other.pathname = change(address.pathname);
    return { url: other.href, token };
  };
  return {
    name,
    archive: { url: address.href, token },
    sums: [
      { name: `${name}.sha256`, request: at((path) => `${path}.sha256`) },
      { name: 'SHA256SUMS', request: at((path) => `${path.slice(0, path.lastIndexOf('/'))}/SHA256SUMS`) },
    ],
    signatures: Object.values(signatureSuffixes)
      .flat()
      .map((suffix) => ({ suffix, request: at((path) => `${path}${suffix}`) })),
  };
}

/** The last part of a path; with its `%2F` and the like as they are where the name of a file would be another place. */
function nameIn({ pathname }: URL): string {
  const written = basename(pathname);
  try {
    const name = decodeURIComponent(written);
    return /^[\w+~@-][\w.+~@-]*$/.test(name) ? name : written;
  } catch {
    // A % that stands for nothing.
    return written;
  }
}
