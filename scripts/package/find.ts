import { basename, join, resolve } from 'node:path';
import { requireSettings } from '../config/required-settings.ts';
import { addressOfVersion, parseUpdateSource, type UpdateSource } from '../config/update-source.ts';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { isVersion, normalVersion } from '../core/versions.ts';
import type { HttpRequest } from '../net/request.ts';
import type { HttpLimits } from '../net/retry.ts';
import { namesIn, statIfThere } from '../system/files.ts';
import { fetchLimits, fetchPackage, type RemotePackage } from './fetch.ts';
import { gitPackage } from './git-package.ts';
import { githubPackage } from './github.ts';
import { isPackageName, newestOf, packagesOf, packingOf, versionInName } from './package-formats.ts';
import { signatureSuffixes } from './signature.ts';
import type { FoundPackage } from './types.ts';

/**
 * The package that was asked for: a file, where the user stands or in the project; a version, which UPDATE_SOURCE has in its
 * folder, at its address, among the releases on GitHub or as a tag; the name of a file there; or, where that is a repository,
 * a commit. What is elsewhere is got, and made a file of.
 *
 * @throws MajError `package-missing`, `package-not-found`, `package-ambiguous`, `package-form`, and what getting it throws
 */
export async function findPackage(
  context: Context,
  wanted: string,
  limits: HttpLimits = fetchLimits,
): Promise<FoundPackage> {
  if (isVersion(wanted) && !isPackageName(wanted)) return ofVersion(context, wanted, limits);
  const source = parseUpdateSource(context.config.UPDATE_SOURCE ?? '');
  const paths = placesOfFile(context, wanted, source);
  for (const path of paths) {
    if ((await statIfThere(path))?.isFile() !== true) continue;
    packingOf(path);
    return { path, version: undefined };
  }
  if (isPackageName(wanted)) {
    const version = versionInName(wanted);
    if (source?.kind === 'github' && version !== undefined && !wanted.includes('/'))
      return fromGithub(context, source, normalVersion(version), limits, wanted);
  } else if (source?.kind === 'git') return gitPackage(context, source.repository, { name: wanted });
  throw refused('package-missing', { paths });
}

/** Where a file may be that is named on the command line, the first first. */
function placesOfFile(
  { workingDir, projectDir }: Context,
  wanted: string,
  source: UpdateSource | undefined,
): readonly string[] {
  const folders = [workingDir, projectDir];
  if (source?.kind === 'folder' && !wanted.includes('/')) folders.push(resolve(projectDir, source.path));
  return [...new Set(folders.map((folder) => resolve(folder, wanted)))];
}

async function ofVersion(context: Context, wanted: string, limits: HttpLimits): Promise<FoundPackage> {
  const version = normalVersion(wanted);
  const { UPDATE_SOURCE } = requireSettings(context.config, ['UPDATE_SOURCE']);
  const source = parseUpdateSource(UPDATE_SOURCE) ?? { kind: 'folder', path: UPDATE_SOURCE };
  switch (source.kind) {
    case 'folder':
      return inFolder(resolve(context.projectDir, source.path), version);
    case 'url': {
      const token = context.config.UPDATE_TOKEN?.reveal();
      const remote = packageAt(addressOfVersion(source.template, version), token);
      return { path: await fetchPackage(context, remote, limits), version };
    }
    case 'github':
      return fromGithub(context, source, version, limits);
    case 'git':
      return gitPackage(context, source.repository, { name: wanted, version });
  }
}

async function fromGithub(
  context: Context,
  { owner, name }: Extract<UpdateSource, { kind: 'github' }>,
  version: string,
  limits: HttpLimits,
  asset?: string,
): Promise<FoundPackage> {
  const remote = await githubPackage(context, { repository: `${owner}/${name}`, version, asset }, limits);
  return { path: await fetchPackage(context, remote, limits), version };
}

async function inFolder(source: string, version: string): Promise<FoundPackage> {
  const there = await namesIn(source);
  const names = packagesOf(there, version);
  const [name, ...others] = names.filter(isPackageName);
  if (name === undefined) {
    // A package in a form that we cannot unpack is worth a better word than "not there".
    if (names[0] !== undefined) packingOf(join(source, names[0]));
    const versions = newestOf(there.filter(isPackageName).map(versionInName));
    throw refused('package-not-found', { version, folder: source, versions });
  }
  if (others.length > 0) throw refused('package-ambiguous', { version, names: [name, ...others] });
  return { path: join(source, name), version };
}

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
