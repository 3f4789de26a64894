import { parseArgs } from 'node:util';

/** What `npm run bench backup` measures; each makes its own data. */
const measurements = ['backup', 'restore', 'files', 'memory'] as const;
type Measurement = (typeof measurements)[number];

/** What a benchmark is run with. */
export interface BenchOptions {
  /** Of SQL text, in all tables together; a megabyte has 1,000,000 bytes. */
  readonly megabytes: number;
  readonly seed: number;
  /** Times that everything is measured; medians count. */
  readonly runs: number;
  /** `auto`, or the folder of the server programs. */
  readonly server: string;
  /** Whether the server works as a live one does: what it says is committed is on disk. */
  readonly durable: boolean;
  readonly only: readonly Measurement[];
  /** Megabytes of SQL text. */
  readonly memorySizes: readonly number[];
  readonly files: { readonly count: number; readonly megabytes: number };
  /** Megabytes of what users have uploaded to the application that is upgraded; 0: none. */
  readonly uploadsMegabytes: number;
  /** Megabytes of the seed script that migrations are measured with. */
  readonly seedMegabytes: number;
  /** How many tables there are where many small ones are measured. */
  readonly tables: number;
  readonly json: boolean;
}

/** What the options may be, for `--help` and for errors. */
export const benchUsage = `npm run bench                      lists the benchmarks
npm run bench backup [options]     backups and restores against the plain tools
  --megabytes 1000          size of the database, as SQL text
  --seed 1                  another seed, other data
  --runs 3                  how often everything is measured; medians count
  --server auto|DIR         folder of the server programs
  --durable                 a server that flushes every commit to disk, as a live one does
  --only backup,restore,files,memory
  --memory-sizes 100,1000,4000
  --files 80000 --files-megabytes 2000
  --json                    the result as data
npm run bench migrate [options]    migrations against the vendor's client
  --seed-megabytes 500      size of the seed script; also --runs, --server, --durable, --json
npm run bench tables [options]     backup and proof of many small tables against the vendor's dump
  --tables 5000             also --seed, --runs, --server, --durable, --json
npm run bench switch [options]     the switch of a large tree in place, in seconds
  --files 80000 --files-megabytes 2000; also --seed, --server, --json
npm run bench gate [options]       what the hook adds to a push, in starts of an empty Node process
  --runs 15                 also --server, --json
npm run bench upgrade [options]    the window of the example's upgrade
  --megabytes 1000          size of its database, as SQL text; also --runs, --server, --durable, --json
  --uploads-megabytes 2600  once more with uploads of this size, and what they add
  --files 80000             how many of them; also --seed
Exit code: 0 all limits hold, 1 one does not, 2 wrong usage, 3 not enough space.`;

/**
 * The options from the words after the benchmark's name; an error says what is wrong with them.
 *
 * @param runs how often, where nothing says so: what takes milliseconds needs more of them
 */
export function parseBenchOptions(words: readonly string[], runs = 3): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      megabytes: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: String(runs) },
      server: { type: 'string', default: 'auto' },
      durable: { type: 'boolean', default: false },
      only: { type: 'string', default: measurements.join(',') },
      'memory-sizes': { type: 'string', default: '100,1000,4000' },
      files: { type: 'string', default: '80000' },
      'files-megabytes': { type: 'string', default: '2000' },
      'uploads-megabytes': { type: 'string' },
      'seed-megabytes': { type: 'string', default: '500' },
      tables: { type: 'string', default: '5000' },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    megabytes: wholeNumber('megabytes', values.megabytes),
    seed: wholeNumber('seed', values.seed),
    runs: wholeNumber('runs', values.runs),
    server: values.server,
    durable: values.durable,
    only: values.only.split(',').map(measurementNamed),
    memorySizes: values['memory-sizes'].split(',').map((size) => wholeNumber('memory-sizes', size)),
    files: {
      count: wholeNumber('files', values.files),
      megabytes: wholeNumber('files-megabytes', values['files-megabytes']),
    },
    uploadsMegabytes:
      values['uploads-megabytes'] === undefined
        ? 0
        : wholeNumber('uploads-megabytes', values['uploads-megabytes']),
    seedMegabytes: wholeNumber('seed-megabytes', values['seed-megabytes']),
    tables: wholeNumber('tables', values.tables),
    json: values.json,
  };
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`--${option}: "${text}" is not a whole number from 1`);
  return Number(text);
}

function measurementNamed(name: string): Measurement {
  const found = measurements.find((one) => one === name);
  if (found === undefined) throw new Error(`--only: "${name}" is not one of ${measurements.join(', ')}`);
  return found;
}
