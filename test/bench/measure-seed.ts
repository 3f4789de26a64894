import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { memoryFigure, ratio, type Figure } from './limits.ts';
import type { Say } from './measure-backup.ts';
import { freshFolder, measureRuns } from './migrate-runs.ts';
import type { BenchOptions } from './options.ts';
import type { BenchServer } from './server.ts';

/** Measures a script that fills a table: a fiftieth of it in statements of one row, the rest in statements of a megabyte. */
export async function measureSeed(
  server: BenchServer,
  { runs, seedMegabytes }: BenchOptions,
  say: Say,
): Promise<Figure[]> {
  const path = join(await freshFolder(server), '0001_seed.sql');
  await writeSeed(path, seedMegabytes * 1_000_000);
  const { ours, plain, peakBytes } = await measureRuns(server, 'seed', path, runs, say);
  return [ratio('seed', ours, plain), memoryFigure('seedMemory', peakBytes)];
}

async function writeSeed(path: string, bytes: number): Promise<void> {
  const out = createWriteStream(path);
  const write = async (text: string): Promise<number> => {
    if (!out.write(text)) await once(out, 'drain');
    return text.length;
  };
  let written = await write(
    'CREATE TABLE seed (id INT PRIMARY KEY, note VARCHAR(200) NOT NULL) ENGINE=InnoDB;\n',
  );
  let id = 0;
  const row = (): string => {
    id += 1;
    return `(${id}, 'row ${id} of a seed; it''s long enough to be like one: ${'x'.repeat(id % 60)}')`;
  };
  while (written < bytes / 50) written += await write(`INSERT INTO seed VALUES ${row()};\n`);
  while (written < bytes) {
    const rows = Array.from({ length: 8000 }, row);
    written += await write(`INSERT INTO seed VALUES\n${rows.join(',\n')};\n`);
  }
  out.end();
  await once(out, 'close');
}
