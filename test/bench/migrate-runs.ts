import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Say } from './measure-backup.ts';
import { liveDatabase, type BenchServer } from './server.ts';

/** An empty folder for migrations. */
export async function freshFolder(server: BenchServer): Promise<string> {
  const folder = join(server.folder, 'migrations');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  return folder;
}

/** Seconds of both sides, of each run, and the most memory that ours had at once. */
interface Runs {
  readonly ours: readonly number[];
  readonly plain: readonly number[];
  readonly peakBytes: number;
}

/** Times what is in the folder of migrations, in turns with the vendor's client on one file. */
export async function measureRuns(
  server: BenchServer,
  name: string,
  script: string,
  runs: number,
  say: Say,
): Promise<Runs> {
  await rehearse(server);
  const seconds = { ours: [] as number[], plain: [] as number[] };
  let peakBytes = 0;
  for (let run = 1; run <= runs; run += 1) {
    await server.empty(liveDatabase);
    const plain = await server.load(liveDatabase, script);
    await server.empty(liveDatabase);
    const ours = await server.maj(['migrate', '--yes']);
    seconds.plain.push(plain.seconds);
    seconds.ours.push(ours.seconds);
    peakBytes = Math.max(peakBytes, ours.peakBytes);
    say(
      `${name} ${run}: client ${plain.seconds.toFixed(1)} s, maj ${ours.seconds.toFixed(1)} s, ${Math.round(ours.peakBytes / 1_000_000)} MB`,
    );
  }
  return { ...seconds, peakBytes };
}

/** Without that nothing is migrated. */
async function rehearse(server: BenchServer): Promise<void> {
  await server.empty(liveDatabase);
  await rm(server.backups, { recursive: true, force: true });
  await server.maj(['backup', '--database-only']);
  await server.maj(['migrate', '--dry-run']);
}
