import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readNewestJournal, type JournalLine } from '../../scripts/upgrade/journal/journal.ts';
import { checkRoom } from './disk.ts';
import { makeTree } from './file-tree.ts';
import type { Figure } from './limits.ts';
import type { Say } from './measure-backup.ts';
import type { BenchOptions } from './options.ts';
import type { BenchResult } from './print.ts';
import { liveDatabase, withBenchServer, type BenchServer } from './server.ts';
import { timed } from './timed.ts';

/** Files of the application's own making, which belong to no release: they are copied before the window. */
const ownFiles = 1000;

/** Trees at once, in their own size: the source, two packages, live, staged or old, and two backups. */
const trees = 7;

/** Measures how long an upgrade in place takes to switch a large tree: the step of its window, as its journal has it. */
export async function benchSwitch(options: BenchOptions, say: Say): Promise<BenchResult> {
  const { count, megabytes } = options.files;
  await checkRoom(tmpdir(), 1_000_000 * trees * (megabytes + count * 0.005));
  return withBenchServer(options, async (server) => {
    say(`${server.text} runs in ${server.folder}`);
    const figures = [await measureSwitch(server, options, say)];
    return { server: server.text, options: { ...options, runs: 1 }, figures };
  });
}

async function measureSwitch(
  server: BenchServer,
  { files, seed }: Pick<BenchOptions, 'files' | 'seed'>,
  say: Say,
): Promise<Figure> {
  const source = join(server.folder, 'source');
  const app = join(server.folder, 'www', 'app');
  const env = { APP_DIR: app, MAINTENANCE_FILE: 'maintenance.flag', APP_PERSIST: 'uploads,.env' };
  await mkdir(join(source, 'migrations'), { recursive: true });
  await makeTree(source, files.count, files.megabytes * 1_000_000, seed);
  await writeFile(join(source, 'migrations', '001_one.sql'), 'CREATE TABLE one (id INT PRIMARY KEY);\n');
  say('the tree is made');
  const [first, second] = [await pack(source, '1.0.0'), await pack(source, '1.1.0')];
  await rm(source, { recursive: true });
  say('both packages are made');
  await mkdir(join(server.folder, 'www'));
  await server.empty(liveDatabase);
  await server.maj(['apply', first, '--yes'], env);
  await rm(first);
  for (const folder of ['uploads', 'cache']) {
    await mkdir(join(app, folder));
    for (let number = 0; number < ownFiles; number += 1)
      await writeFile(join(app, folder, `${number}.txt`), `${folder} ${number}\n`);
  }
  say('the first release is installed');
  await server.maj(['upgrade', second], env);
  const lines = (await readNewestJournal({ projectDir: server.folder }))?.lines ?? [];
  return {
    limit: 'switch',
    of: `${files.count} files, ${files.megabytes} MB`,
    value: secondsOf(lines, 'switch'),
  };
}

/** Packs a tree as a version, with its sum; its path. */
async function pack(source: string, version: string): Promise<string> {
  const file = `${source}-${version}.tar.gz`;
  await writeFile(join(source, 'VERSION'), `${version}\n`);
  await timed(['tar', '--use-compress-program=gzip -1', '-cf', file, '-C', source, '.']);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  await writeFile(`${file}.sha256`, `${hash.digest('hex')}\n`);
  return file;
}

/** How long a step took, from its lines in a journal; not a number when it did not end. */
function secondsOf(lines: readonly JournalLine[], step: string): number {
  const at = (type: 'step-started' | 'step-finished'): number =>
    Date.parse(lines.find((line) => line.type === type && line.step === step)?.at ?? '');
  return (at('step-finished') - at('step-started')) / 1000;
}
