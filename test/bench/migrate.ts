import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { memoryFigure, ratio, type Figure } from './limits.ts';
import type { Say } from './measure-backup.ts';
import type { BenchOptions } from './options.ts';
import type { BenchResult } from './print.ts';
import { liveDatabase, withBenchServer, type BenchServer } from './server.ts';

const scripts = 1000;

/** Measures migrations against the vendor's client, which is given the same statements in one file. */
export async function benchMigrate(options: BenchOptions, say: Say): Promise<BenchResult> {
  return withBenchServer(options, async (server) => {
    say(`${server.text} runs in ${server.folder}`);
    const figures = [
      ...(await measureThousand(server, options.runs, say)),
      ...(await measureSeed(server, options, say)),
    ];
    return { server: server.text, options, figures };
  });
}

/** What applications' migrations are: tables, columns, rows. */
function statementOf(number: number): string {
  const table = `t${Math.floor(number / 4)}`;
  switch (number % 4) {
    case 0:
      return `CREATE TABLE ${table} (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(100) NOT NULL) ENGINE=InnoDB;`;
    case 1:
      return `ALTER TABLE ${table} ADD COLUMN note VARCHAR(200) NULL;`;
    case 2:
      return `INSERT INTO ${table} (name) VALUES ('first'), ('second');`;
    default:
      return `CREATE INDEX by_name ON ${table} (name);`;
  }
}

async function measureThousand(server: BenchServer, runs: number, say: Say): Promise<Figure[]> {
  const statements = Array.from({ length: scripts }, (_, number) => statementOf(number));
  const whole = join(server.folder, 'thousand.sql');
  await writeFile(whole, statements.join('\n'));
  const folder = await freshFolder(server);
  for (const [number, statement] of statements.entries())
    await writeFile(join(folder, `${String(number + 1).padStart(4, '0')}_step.sql`), statement);
  await rehearse(server);
  const seconds = { ours: [] as number[], plain: [] as number[] };
  for (let run = 1; run <= runs; run += 1) {
    await server.empty(liveDatabase);
    const plain = await server.load(liveDatabase, whole);
    await server.empty(liveDatabase);
    const ours = await server.maj(['migrate', '--yes']);
    seconds.plain.push(plain.seconds);
    seconds.ours.push(ours.seconds);
    say(
      `${scripts} migrations ${run}: client ${plain.seconds.toFixed(1)} s, maj ${ours.seconds.toFixed(1)} s`,
    );
  }
  return [ratio('migrations', seconds.ours, seconds.plain)];
}

/** A seed: a fiftieth of it in statements of one row, the rest in statements of a megabyte. */
async function measureSeed(
  server: BenchServer,
  { runs, seedMegabytes }: BenchOptions,
  say: Say,
): Promise<Figure[]> {
  const folder = await freshFolder(server);
  const path = join(folder, '0001_seed.sql');
  await writeSeed(path, seedMegabytes * 1_000_000);
  await rehearse(server);
  const seconds = { ours: [] as number[], plain: [] as number[] };
  let peakBytes = 0;
  for (let run = 1; run <= runs; run += 1) {
    await server.empty(liveDatabase);
    const plain = await server.load(liveDatabase, path);
    await server.empty(liveDatabase);
    const ours = await server.maj(['migrate', '--yes']);
    seconds.plain.push(plain.seconds);
    seconds.ours.push(ours.seconds);
    peakBytes = Math.max(peakBytes, ours.peakBytes);
    say(
      `seed ${run}: client ${plain.seconds.toFixed(1)} s, maj ${ours.seconds.toFixed(1)} s, ${Math.round(ours.peakBytes / 1_000_000)} MB`,
    );
  }
  return [ratio('seed', seconds.ours, seconds.plain), memoryFigure('seedMemory', peakBytes)];
}

async function writeSeed(path: string, bytes: number): Promise<void> {
  const out = createWriteStream(path);
  const write = async (text: string): Promise<number> => {
    if (!out.write(text)) await once(out, 'drain');
    return text.length;
  };
  let written = await write(
    'CREATE TABLE seed (id INT PRIMARY KEY, note VARCHAR(200) NOT NULL) ENGINE=InnoDB;\n',
  );
  let id = 0;
  const row = (): string => {
    id += 1;
    return `(${id}, 'row ${id} of a seed; it''s long enough to be like one: ${'x'.repeat(id % 60)}')`;
  };
  while (written < bytes / 50) written += await write(`INSERT INTO seed VALUES ${row()};\n`);
  while (written < bytes) {
    const rows = Array.from({ length: 8000 }, row);
    written += await write(`INSERT INTO seed VALUES\n${rows.join(',\n')};\n`);
  }
  out.end();
  await once(out, 'close');
}

async function freshFolder(server: BenchServer): Promise<string> {
  const folder = join(server.folder, 'migrations');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  return folder;
}

/** Without that nothing is migrated. */
async function rehearse(server: BenchServer): Promise<void> {
  await server.empty(liveDatabase);
  await rm(server.backups, { recursive: true, force: true });
  await server.maj(['backup', '--database-only']);
  await server.maj(['migrate', '--dry-run']);
}
