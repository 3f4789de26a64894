import { MajError, reasonOf } from '../../scripts/core/errors.ts';
import { benchBackup } from './backup.ts';
import { SpaceError } from './disk.ts';
import { benchGate, gateRuns } from './gate.ts';
import { holds } from './limits.ts';
import { benchSites } from './measure-sites.ts';
import { benchMigrate } from './migrate.ts';
import { benchUsage, parseBenchOptions, type BenchOptions } from './options.ts';
import { resultJson, resultLines } from './print.ts';
import { benchSwitch } from './switch.ts';
import { benchUpgrade } from './upgrade.ts';

const benchmarks = new Map([
  ['backup', benchBackup],
  ['gate', benchGate],
  ['migrate', benchMigrate],
  ['switch', benchSwitch],
  ['tables', benchSites],
  ['upgrade', benchUpgrade],
]);

// Ctrl-C ends us as an exit does: what is to be removed at the end is removed.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const [name, ...words] = process.argv.slice(2);
process.exitCode = await bench(name, words);

/** Runs the benchmark of this name; the exit code says whether every limit holds. */
async function bench(benchmark: string | undefined, rest: readonly string[]): Promise<number> {
  if (benchmark === undefined || benchmark === '--help' || rest.includes('--help')) {
    console.log(benchUsage);
    return 0;
  }
  const measure = benchmarks.get(benchmark);
  if (measure === undefined) {
    console.error(`bench: there is no benchmark "${benchmark}"\n\n${benchUsage}`);
    return 2;
  }
  const options = parsed(rest, benchmark === 'gate' ? gateRuns : undefined);
  if (typeof options === 'string') {
    console.error(`bench: ${options}\n\n${benchUsage}`);
    return 2;
  }
  try {
    const result = await measure(options, (text) => console.error(text));
    console.log(options.json ? resultJson(result) : resultLines(result).join('\n'));
    return result.figures.every(holds) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof SpaceError || error instanceof MajError)) throw error;
    console.error(`bench: ${error.message}`);
    return error instanceof MajError ? error.exitCode : 3;
  }
}

function parsed(rest: readonly string[], runs: number | undefined): BenchOptions | string {
  try {
    return parseBenchOptions(rest, runs);
  } catch (error) {
    return reasonOf(error);
  }
}
