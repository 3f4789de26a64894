#!/usr/bin/env node
// Builds the packages of the releases: the same bytes every time, with their sums beside them.
//
//   node package.mjs OUTDIR [VERSION…]

import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as tar from 'tar';
import { vendoredPackages } from './vendored.mjs';

const example = dirname(fileURLToPath(import.meta.url));
const repository = resolve(example, '../..');

/** The releases in order, each with the last of the repository's migrations that it brings. */
const lastMigration = { '1.0.0': '003', '1.1.0': '007', '2.0.0': '007', '2.0.1': '007' };
export const releases = Object.keys(lastMigration);

const packageTime = new Date('2026-01-01T00:00:00Z');
const notForProduction = /\.d\.[cm]?ts$|\.map$|\.md$|[/\\](typings|test|types)$/;

/** Fills a folder with the files of a release: each release is what the earlier ones were, and its own changes. */
async function layOut(version, folder) {
  await cp(join(example, 'application'), folder, { recursive: true });
  for (const file of await readdir(join(repository, 'migrations'))) {
    if (!file.endsWith('.sql') || file.slice(0, 3) > lastMigration[version]) continue;
    await cp(join(repository, 'migrations', file), join(folder, 'migrations', file));
  }
  for (const release of releases.slice(0, releases.indexOf(version) + 1)) {
    await cp(join(example, 'releases', release), folder, { recursive: true });
  }
  for (const { name, source } of await vendoredPackages(repository, 'mysql2')) {
    const filter = (file) =>
      !notForProduction.test(file) && relative(source, file).split(/[/\\]/)[0] !== 'node_modules';
    await cp(source, join(folder, 'node_modules', name), { recursive: true, filter });
  }
}

/** All folders and files below a folder, sorted, with modes that do not depend on who checked them out. */
async function sortedEntries(root, top) {
  const found = await readdir(join(root, top), { recursive: true, withFileTypes: true });
  const entries = found.map((entry) => ({
    path: relative(root, join(entry.parentPath, entry.name)),
    mode: entry.isDirectory() ? 0o755 : 0o644,
  }));
  entries.push({ path: top, mode: 0o755 });
  for (const { path, mode } of entries) await chmod(join(root, path), mode);
  return entries.map(({ path }) => path).sort();
}

/**
 * Builds packages.
 *
 * @param {string} outDir where `intimemanager-<version>.tar.gz` and `.tar.gz.sha256` are written
 * @param {readonly string[]} versions all of them unless said otherwise
 * @returns {Promise<{ version: string, file: string, sha256: string }[]>} the packages, paths absolute
 */
export async function buildPackages(outDir, versions = releases) {
  await mkdir(outDir, { recursive: true });
  const built = [];
  for (const version of versions) {
    if (!releases.includes(version)) throw new Error(`There is no release ${version}.`);
    const work = await mkdtemp(join(tmpdir(), 'intimemanager-'));
    try {
      const top = `intimemanager-${version}`;
      await layOut(version, join(work, top));
      const file = resolve(outDir, `${top}.tar.gz`);
      const entries = await sortedEntries(work, top);
      await tar.create(
        { file, cwd: work, gzip: true, portable: true, mtime: packageTime, noDirRecurse: true },
        entries,
      );
      const sha256 = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
      await writeFile(`${file}.sha256`, `${sha256}  ${basename(file)}\n`);
      built.push({ version, file, sha256 });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return built;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const [outDir, ...versions] = process.argv.slice(2);
  if (outDir === undefined) {
    console.error('Usage: node package.mjs OUTDIR [VERSION…]');
    process.exit(2);
  }
  for (const { file } of await buildPackages(outDir, versions.length > 0 ? versions : releases))
    console.log(file);
}
