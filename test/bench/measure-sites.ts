import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { checkRoom } from './disk.ts';
import { ratio, type Figure } from './limits.ts';
import type { Say } from './measure-backup.ts';
import type { BenchOptions } from './options.ts';
import type { BenchResult } from './print.ts';
import { liveDatabase, withBenchServer, type BenchServer } from './server.ts';
import { siteStatements } from './sites.ts';

/** Bytes on disk for each table: its files on two servers, and its parts in the backup. */
const roomOfTable = 1_000_000;

/** Measures what a backup and its proof take where there are many small tables, against the vendor's dump of them. */
export async function benchSites(options: BenchOptions, say: Say): Promise<BenchResult> {
  await checkRoom(tmpdir(), options.tables * roomOfTable);
  return withBenchServer(options, async (server) => {
    say(`${server.text} runs in ${server.folder}`);
    await server.empty(liveDatabase);
    await server.sql(liveDatabase, ...siteStatements(options.tables, options.seed));
    say(`${options.tables} tables are made`);
    const figures = await measure(server, options.runs, say);
    return { server: server.text, options, data: `${options.tables} tables`, figures };
  });
}

async function measure(server: BenchServer, runs: number, say: Say): Promise<Figure[]> {
  const seconds = { dump: [] as number[], backup: [] as number[], proof: [] as number[] };
  // The first opens the tables, as they are in a server that works, and makes what a throwaway server is copied from.
  await server.dump('> /dev/null');
  await server.maj(['backup', '--database-only']);
  await server.maj(['verify', '--full']);
  for (let run = 1; run <= runs; run += 1) {
    await rm(server.backups, { recursive: true, force: true });
    const dump = await server.dump('> /dev/null');
    const backup = await server.maj(['backup', '--database-only']);
    const proof = await server.maj(['verify', '--full']);
    seconds.dump.push(dump.seconds);
    seconds.backup.push(backup.seconds);
    seconds.proof.push(proof.seconds);
    say(
      `${run}: dump ${dump.seconds.toFixed(1)} s, backup ${backup.seconds.toFixed(1)} s, proof ${proof.seconds.toFixed(1)} s`,
    );
  }
  return [
    ratio('tablesBackup', seconds.backup, seconds.dump),
    ratio('tablesProof', seconds.proof, seconds.dump),
  ];
}
