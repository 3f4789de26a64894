import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { unpackPackage } from '../../../scripts/package/unpack.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { writePackage } from '../../helpers/packages.ts';
import { zipOf } from '../../helpers/zips.ts';

const zipWith = (script: string): Buffer =>
  zipOf([
    { name: 'index.php', content: script, stored: true },
    { name: 'VERSION', content: '1.1.0\n', stored: true },
  ]);
const [evil, signed] = [zipWith('evil'), zipWith('good')];

it('the sum of a zip is of what was unpacked, though somebody puts another one in its place meanwhile', async () => {
  const root = temporaryFolder('swapped');
  mkdirSync(join(root, 'area'));
  const into = join(root, 'area', 'staged');
  const path = writePackage(root, 'app-1.1.0.zip', evil);
  let swapped = false;
  const swap = (unpacked: number): void => {
    if (unpacked === 0) return;
    writeFileSync(path, signed);
    swapped = true;
  };
  const { sha256 } = await unpackPackage(testContext(), path, into, 'VERSION', swap);
  expect(swapped).toBe(true);
  expect(readFileSync(join(into, 'index.php'), 'utf8')).toBe('evil');
  expect(sha256).toBe(createHash('sha256').update(evil).digest('hex'));
  expect(readdirSync(into).sort()).toEqual(['VERSION', 'index.php']);
});
