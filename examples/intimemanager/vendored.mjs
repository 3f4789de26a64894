// Finds a package of the repository's node_modules and all that it depends on.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The folder that Node would find a package in, starting from another folder. */
function folderOf(name, from) {
  for (let dir = from; ; dir = dirname(dir)) {
    const folder = join(dir, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dir === dirname(dir)) throw new Error(`${name} is not installed: run npm install first.`);
  }
}

/**
 * @param {string} root the folder whose node_modules is searched
 * @param {string} wanted a package
 * @returns {Promise<{ name: string, source: string }[]>} it and its dependencies, each once, by name
 */
export async function vendoredPackages(root, wanted) {
  const found = new Map();
  const waiting = [{ name: wanted, from: root }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const source = folderOf(next.name, next.from);
    if (found.get(next.name) === source) continue;
    if (found.has(next.name)) throw new Error(`${next.name} is needed in two versions.`);
    found.set(next.name, source);
    const { dependencies = {} } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
    waiting.push(...Object.keys(dependencies).map((name) => ({ name, from: source })));
  }
  return [...found].map(([name, source]) => ({ name, source })).sort((a, b) => (a.name < b.name ? -1 : 1));
}
