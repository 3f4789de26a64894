import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createNoise, sourceText } from './noise.ts';

/** What the tree of an application is made of; `files` and `bytes` are shares of the whole. */
const fileMix = [
  { kind: 'code and templates', files: 0.86, bytes: 0.3, compresses: true, ending: 'php' },
  { kind: 'images and other packed files', files: 0.13, bytes: 0.5, compresses: false, ending: 'jpg' },
  { kind: 'long texts', files: 0.01, bytes: 0.2, compresses: true, ending: 'csv' },
] as const;

/** The mix in one line. */
export const fileMixText: string = fileMix
  .map(({ kind, files, bytes }) => `${percent(files)} ${kind} (${percent(bytes)} of the bytes)`)
  .join(', ');

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

const filesAFolder = 50;
/** Longer than any file is on average, so that two files rarely hold the same. */
const textBytes = 16_000_000;

/** Makes a tree of about so many files and bytes, the same for the same seed. */
export async function makeTree(root: string, count: number, bytes: number, seed: number): Promise<void> {
  const noise = createNoise(seed);
  const text = sourceText(noise, textBytes);
  for (const part of fileMix) {
    const files = Math.max(1, Math.round(count * part.files));
    for (let index = 0; index < files; index += 1) {
      const folder = join(root, part.ending, String(Math.floor(index / filesAFolder)));
      if (index % filesAFolder === 0) await mkdir(folder, { recursive: true });
      // From a fifth of the mean to nearly twice the mean: sizes differ, as they do.
      const size = Math.round(((bytes * part.bytes) / files) * (0.2 + noise.below(1600) / 1000));
      const from = noise.below(Math.max(1, textBytes - size));
      const content = part.compresses ? text.subarray(from, from + size) : noise.bytes(size);
      await writeFile(join(folder, `${index}.${part.ending}`), content);
    }
  }
  await writeFile(join(root, 'VERSION'), '1.0.0\n');
}
