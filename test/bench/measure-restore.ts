import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseProof, proofName } from '../../scripts/backup/proof.ts';
import { changeSettings } from './fill.ts';
import { ratio, type Figure } from './limits.ts';
import type { Say } from './measure-backup.ts';
import { liveDatabase, type BenchServer } from './server.ts';

/** The database that the vendor's client loads into. */
const plainDatabase = 'bench_plain';

/**
 * Times what brings a backup back against the vendor's client on the vendor's dump, in turns: into an empty database,
 * into one with another table's rows, and the proof, which comes first as it does in use.
 */
export async function measureRestore(server: BenchServer, runs: number, say: Say): Promise<Figure[]> {
  const dump = join(server.folder, 'plain.sql');
  await rm(server.backups, { recursive: true, force: true });
  await server.dump('> "$out"', dump);
  await server.maj(['backup', '--database-only']);
  const seconds = {
    plain: [] as number[],
    full: [] as number[],
    some: [] as number[],
    proof: [] as number[],
  };
  for (let run = 1; run <= runs; run += 1) {
    await server.empty(plainDatabase);
    const plain = await server.load(plainDatabase, dump);
    await server.sql(null, `DROP DATABASE ${plainDatabase}`);
    await server.maj(['verify', '--full']);
    const proof = await proofSeconds(server.backups);
    await server.empty(liveDatabase);
    const full = await server.maj(['restore', '--database-only', '--yes']);
    await server.sql(liveDatabase, ...changeSettings);
    const some = await server.maj(['restore', '--database-only', '--yes']);
    seconds.plain.push(plain.seconds);
    seconds.full.push(full.seconds);
    seconds.some.push(some.seconds);
    seconds.proof.push(proof);
    say(
      `restore ${run}: client ${plain.seconds.toFixed(1)} s, maj restore ${full.seconds.toFixed(1)} s, differential ${some.seconds.toFixed(1)} s, proof ${proof.toFixed(1)} s`,
    );
  }
  await rm(dump);
  return [
    ratio('restore', seconds.full, seconds.plain),
    ratio('differential', seconds.some, seconds.plain),
    ratio('proof', seconds.proof, seconds.plain),
  ];
}

/** Loading and dumping again, as the proof itself says: neither the start of its server nor the check of the files. */
async function proofSeconds(backups: string): Promise<number> {
  // Beside them lies what keeps git from them.
  const [id = ''] = (await readdir(backups)).filter((name) => !name.startsWith('.'));
  const proof = parseProof(await readFile(join(backups, id, proofName), 'utf8'));
  if (proof === undefined) throw new Error(`${id} has a proof that cannot be read`);
  return (proof.durations.load + proof.durations.dump) / 1000;
}
