import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { unpackPackage } from '../../../scripts/package/unpack.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { writeTree } from '../../helpers/packages.ts';

/**
 * Archives are padded with zeros to records of 10,240 bytes. They are read in pieces of 16, 64, 128 or 256 KiB, by form:
 * with these sizes a piece begins within the padding, and is nothing but zeros.
 */
const sizes = [16, 64, 128, 256].flatMap((kib) => [2_000, 3_500, 5_000].map((before) => kib * 1024 - before));

let root: string;
let source: string;

beforeEach(() => {
  root = temporaryFolder('padding');
  source = join(root, 'source');
  mkdirSync(join(root, 'area'));
});

const writeSource = (bytes: number): void =>
  writeTree(source, { VERSION: '1.1.0\n', 'index.php': 'x'.repeat(bytes) });

async function expectUnpacked(archive: string, bytes: number): Promise<void> {
  const into = join(root, 'area', String(bytes));
  await unpackPackage(testContext(), archive, into, 'VERSION');
  expect(statSync(join(into, 'index.php')).size).toBe(bytes);
}

describe('the padding after the end of an archive is no damage', () => {
  it.each([
    ['tar', []],
    ['tar.gz', ['--gzip']],
    ['tar.zst', ['--zstd']],
  ])('that the real tar makes, .%s', async (form, flags) => {
    for (const bytes of sizes) {
      writeSource(bytes);
      const archive = join(root, `app-1.1.0.${form}`);
      execFileSync('tar', ['-C', source, ...flags, '-cf', archive, '.']);
      await expectUnpacked(archive, bytes);
    }
  });

  it.each(['tar', 'tar.gz'])('that git archive makes, .%s', async (form) => {
    const git = (...args: readonly string[]): Buffer =>
      execFileSync('git', ['-C', source, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args]);
    mkdirSync(source);
    git('init', '-q');
    for (const bytes of sizes) {
      writeSource(bytes);
      git('add', '.');
      git('commit', '-qm', 'x');
      const archive = join(root, `app-1.1.0.${form}`);
      git('archive', '-o', archive, 'HEAD');
      await expectUnpacked(archive, bytes);
    }
  });
});
