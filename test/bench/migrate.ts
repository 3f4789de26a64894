import type { Say } from './measure-backup.ts';
import { measureSeed } from './measure-seed.ts';
import { measureThousand } from './measure-thousand.ts';
import type { BenchOptions } from './options.ts';
import type { BenchResult } from './print.ts';
import { withBenchServer } from './server.ts';

/** Measures migrations against the vendor's client, which is given the same statements in one file. */
export async function benchMigrate(options: BenchOptions, say: Say): Promise<BenchResult> {
  return withBenchServer(options, async (server) => {
    say(`${server.text} runs in ${server.folder}`);
    const thousand = await measureThousand(server, options.runs, say);
    const seed = await measureSeed(server, options, say);
    return {
      server: server.text,
      options,
      figures: [...thousand.figures, ...seed],
      peers: thousand.peers,
    };
  });
}
