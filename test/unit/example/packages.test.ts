import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { list } from 'tar';
import { describe, expect, it } from 'vitest';
import { buildPackages, releases } from '../../../examples/intimemanager/package.mjs';
import { temporaryFolder } from '../../helpers/context.ts';

async function entriesOf(file: string): Promise<string[]> {
  const names: string[] = [];
  await list({ file, onReadEntry: (entry) => names.push(entry.path) });
  return names;
}

describe('the packages of the example', async () => {
  const built = await buildPackages(temporaryFolder('packages'));

  it('are there for every release, with their sums beside them', () => {
    expect(built.map(({ version }) => version)).toEqual(releases);
    for (const { file, sha256 } of built) {
      expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(sha256);
      expect(readFileSync(`${file}.sha256`, 'utf8')).toBe(`${sha256}  ${basename(file)}\n`);
    }
  });

  it('are the same bytes every time', async () => {
    const again = await buildPackages(temporaryFolder('packages'), ['1.0.0', '2.0.1']);
    const sums = new Map(built.map(({ version, sha256 }) => [version, sha256]));
    for (const { version, sha256 } of again) expect(sha256).toBe(sums.get(version));
  });

  it.each([
    ['1.0.0', 3],
    ['1.1.0', 7],
    ['2.0.0', 9],
    ['2.0.1', 9],
  ])('hold, for %s, one folder with %i migrations in a row and the driver', async (version, count) => {
    const top = `intimemanager-${version}/`;
    const entries = await entriesOf(built.find((one) => one.version === version)?.file ?? '');
    expect(entries.every((path) => path.startsWith(top))).toBe(true);
    const inside = entries.map((path) => path.slice(top.length));
    expect(inside).toEqual(
      expect.arrayContaining(['VERSION', 'index.mjs', 'node_modules/mysql2/promise.js']),
    );
    const migrations = inside.filter((path) => path.endsWith('.sql'));
    const numbers = migrations.map((path) => path.slice('migrations/'.length, 'migrations/'.length + 3));
    expect(numbers).toEqual(Array.from({ length: count }, (_, n) => String(n + 1).padStart(3, '0')));
  });

  it('refuse a release that there is not', async () => {
    await expect(buildPackages(temporaryFolder('packages'), ['9.9.9'])).rejects.toThrow('9.9.9');
  });
});
