import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { download, run } from './cache.ts';

const mirror = 'http://deb.debian.org/debian';

interface DebianPackage {
  readonly version: string;
  readonly path: string;
  readonly sha256: string;
}

/** Finds packages in the index of a suite, by their names. */
async function findPackages(suite: string, names: readonly string[]): Promise<readonly DebianPackage[]> {
  const index = await download(
    `${mirror}/dists/${suite}/main/binary-amd64/Packages.gz`,
    `${suite}-Packages.gz`,
  );
  const paragraphs = gunzipSync(readFileSync(index)).toString('utf8').split('\n\n');
  return names.map((name) => {
    const paragraph = paragraphs.find((text) => text.startsWith(`Package: ${name}\n`)) ?? '';
    const field = (key: string): string => {
      const value = new RegExp(`^${key}: (.*)$`, 'm').exec(paragraph)?.[1];
      if (value === undefined) throw new Error(`${suite} has no ${key} of ${name}`);
      return value;
    };
    return { version: field('Version'), path: field('Filename'), sha256: field('SHA256') };
  });
}

/**
 * Unpacks packages of a suite over each other, without installing them.
 *
 * @returns the version of the first one, without Debian's own part of it
 */
export async function unpackDebian(suite: string, names: readonly string[], into: string): Promise<string> {
  mkdirSync(into, { recursive: true });
  const packages = await findPackages(suite, names);
  for (const { path, sha256 } of packages) {
    const name = `${suite}-${path.split('/').at(-1) ?? ''}`;
    await run('dpkg-deb', ['-x', await download(`${mirror}/${path}`, name, sha256), into]);
  }
  return (packages[0]?.version ?? '').replace(/^\d+:/, '').replace(/\+dfsg.*|-.*/, '');
}

/**
 * Makes one whole of a tree that Debian has linked together from several packages: files stand where links to them were.
 * Links to the settings of the machine (`/etc`) go.
 *
 * @param root what the packages were unpacked into
 */
export function withoutLinks(root: string, tree: string): void {
  for (const entry of readdirSync(tree, { withFileTypes: true })) {
    const path = join(tree, entry.name);
    if (entry.isDirectory()) withoutLinks(root, path);
    if (!entry.isSymbolicLink()) continue;
    const target = readlinkSync(path);
    const led = target.startsWith('/') ? join(root, target) : resolve(dirname(path), target);
    rmSync(path);
    if (target.startsWith('/etc/')) continue;
    if (!existsSync(led)) throw new Error(`${path} leads to ${target}, which is in none of the packages`);
    cpSync(led, path, { recursive: true, dereference: true });
    if (lstatSync(path).isDirectory()) withoutLinks(root, path);
  }
}
