import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskBytes } from './disk.ts';
import { ratio, type Figure } from './limits.ts';
import type { BenchServer } from './server.ts';

/** Says what is being measured, while it takes its time. */
export type Say = (text: string) => void;

/** Times backups of the database against the vendor's dump, in turns; each is the first one in its folder. */
export async function measureBackup(server: BenchServer, runs: number, say: Say): Promise<Figure[]> {
  const archive = join(server.folder, 'plain.sql.gz');
  const seconds = { bare: [] as number[], gzip: [] as number[], ours: [] as number[] };
  // The first reads the tables into memory, as they are in a server that works.
  await server.dump('> /dev/null');
  for (let run = 1; run <= runs; run += 1) {
    const bare = await server.dump('> /dev/null');
    const gzip = await server.dump('| gzip > "$out"', archive);
    await rm(archive);
    await rm(server.backups, { recursive: true, force: true });
    const ours = await server.maj(['backup', '--database-only']);
    seconds.bare.push(bare.seconds);
    seconds.gzip.push(gzip.seconds);
    seconds.ours.push(ours.seconds);
    say(
      `backup ${run}: dump ${bare.seconds.toFixed(1)} s, dump | gzip ${gzip.seconds.toFixed(1)} s, maj ${ours.seconds.toFixed(1)} s`,
    );
  }
  return [
    ratio('backupAgainstGzip', seconds.ours, seconds.gzip),
    ratio('backupAgainstDump', seconds.ours, seconds.bare),
    await secondBackup(server, say),
  ];
}

/** Disk that a second backup of the same rows takes, as a share of what the first one takes. */
async function secondBackup(server: BenchServer, say: Say): Promise<Figure> {
  const plain = await diskBytes(server.backups);
  const again = await server.maj(['backup', '--database-only']);
  const ours = (await diskBytes(server.backups)) - plain;
  say(`second backup: ${again.seconds.toFixed(1)} s`);
  return { limit: 'secondBackup', value: ours / plain, ours, plain };
}
