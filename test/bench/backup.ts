import { tmpdir } from 'node:os';
import { checkRoom } from './disk.ts';
import type { Figure } from './limits.ts';
import { measureBackup, type Say } from './measure-backup.ts';
import { measureFiles } from './measure-files.ts';
import { measureMemory } from './measure-memory.ts';
import { measureRestore } from './measure-restore.ts';
import type { BenchOptions } from './options.ts';
import type { BenchResult } from './print.ts';
import { withBenchServer, type BenchServer } from './server.ts';

/**
 * Bytes on disk for each byte of SQL text while it is at work: tables and indexes, a second database or a throwaway
 * server with the same, the dump, the backup.
 */
const roomABytes = 7;

/** Measures backups and restores against the plain tools. */
export async function benchBackup(options: BenchOptions, say: Say): Promise<BenchResult> {
  await checkRoom(tmpdir(), roomNeeded(options));
  return withBenchServer(options, async (server) => {
    say(`${server.text} runs in ${server.folder}`);
    return { server: server.text, options, figures: await figures(server, options, say) };
  });
}

async function figures(server: BenchServer, options: BenchOptions, say: Say): Promise<Figure[]> {
  const does = (name: BenchOptions['only'][number]): boolean => options.only.includes(name);
  const found: Figure[] = [];
  if (does('backup') || does('restore')) {
    await server.fill(options.megabytes * 1_000_000);
    say('the database is filled');
  }
  if (does('backup')) found.push(...(await measureBackup(server, options.runs, say)));
  if (does('restore')) found.push(...(await measureRestore(server, options.runs, say)));
  if (does('files')) found.push(...(await measureFiles(server, options, say)));
  if (does('memory')) found.push(...(await measureMemory(server, options.memorySizes, say)));
  return found;
}

/** Bytes that the largest measurement takes at once; what one has made is gone before the next. */
export function roomNeeded({ only, megabytes, memorySizes, files }: BenchOptions): number {
  const database = only.includes('backup') || only.includes('restore') ? megabytes : 0;
  const memory = only.includes('memory') ? Math.max(...memorySizes) : 0;
  // The tree, its archive, and two backups of it, whose images do not compress.
  const tree = only.includes('files') ? files.megabytes * 4 + files.count * 0.01 : 0;
  return 1_000_000 * (Math.max(database, memory) * roomABytes + tree);
}
