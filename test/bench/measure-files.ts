import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskBytes } from './disk.ts';
import { makeTree } from './file-tree.ts';
import { ratio, type Figure } from './limits.ts';
import type { Say } from './measure-backup.ts';
import type { BenchOptions } from './options.ts';
import { liveDatabase, type BenchServer } from './server.ts';
import { timed } from './timed.ts';

/** Times backups of a tree against tar, in turns. The database beside it has one row: a backup always has one. */
export async function measureFiles(
  server: BenchServer,
  { files, runs, seed }: Pick<BenchOptions, 'files' | 'runs' | 'seed'>,
  say: Say,
): Promise<Figure[]> {
  const tree = join(server.folder, 'application');
  const archive = join(server.folder, 'plain.tar.gz');
  const env = { APP_DIR: tree };
  await rm(server.backups, { recursive: true, force: true });
  await mkdir(tree);
  await makeTree(tree, files.count, files.megabytes * 1_000_000, seed);
  await server.empty(liveDatabase);
  await server.sql(liveDatabase, 'CREATE TABLE one (id INT PRIMARY KEY)', 'INSERT INTO one VALUES (1)');
  const seconds = { plain: [] as number[], ours: [] as number[] };
  for (let run = 1; run <= runs; run += 1) {
    const plain = await timed(['tar', '-czf', archive, '-C', tree, '.']);
    await rm(archive);
    await rm(server.backups, { recursive: true, force: true });
    const ours = await server.maj(['backup'], env);
    seconds.plain.push(plain.seconds);
    seconds.ours.push(ours.seconds);
    say(`files ${run}: tar -czf ${plain.seconds.toFixed(1)} s, maj ${ours.seconds.toFixed(1)} s`);
  }
  const first = await diskBytes(server.backups);
  await server.maj(['backup'], env);
  const again = (await diskBytes(server.backups)) - first;
  await rm(tree, { recursive: true });
  return [
    ratio('files', seconds.ours, seconds.plain),
    { limit: 'secondFiles', value: again / first, ours: again, plain: first },
  ];
}
