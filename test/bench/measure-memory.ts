import { rm } from 'node:fs/promises';
import { memoryFigures, type Figure } from './limits.ts';
import type { Say } from './measure-backup.ts';
import { liveDatabase, type BenchServer } from './server.ts';

const commands = {
  backup: ['backup', '--database-only'],
  restore: ['restore', '--database-only', '--yes'],
  'verify --full': ['verify', '--full'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Watches the memory of our process, with databases of these sizes. */
export async function measureMemory(
  server: BenchServer,
  sizes: readonly number[],
  say: Say,
): Promise<Figure[]> {
  const peaks = new Map<string, { megabytes: number; peakBytes: number }[]>();
  for (const megabytes of sizes) {
    await rm(server.backups, { recursive: true, force: true });
    await server.fill(megabytes * 1_000_000);
    for (const [name, words] of Object.entries(commands)) {
      if (name === 'restore') await server.empty(liveDatabase);
      const { peakBytes, seconds } = await server.maj(words);
      peaks.set(name, [...(peaks.get(name) ?? []), { megabytes, peakBytes }]);
      say(`memory, ${megabytes} MB, ${name}: ${(peakBytes / 1e6).toFixed(0)} MB, ${seconds.toFixed(1)} s`);
    }
  }
  return [...peaks].flatMap(([name, sized]) => memoryFigures(name, sized));
}
