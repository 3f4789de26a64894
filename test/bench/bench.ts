import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findClients } from '../../scripts/database/clients.ts';
import { dumpArguments } from '../../scripts/database/dump.ts';
import { knownOptions } from '../../scripts/database/clients.ts';
import { withOptionFile } from '../../scripts/database/option-file.ts';
import { findServerPrograms } from '../../scripts/database/programs.ts';
import { withSession } from '../../scripts/database/session.ts';
import { withThrowaway, type Throwaway } from '../../scripts/database/throwaway.ts';
import { bytes } from '../../scripts/terminal/format.ts';
import { majCommand } from '../helpers/cli.ts';
import { temporaryFolder, testContext } from '../helpers/context.ts';
import { fillDatabase } from './fill.ts';

/** A backup may never need more memory than this, whatever the size of the database. */
const memoryLimit = 200_000_000;

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    server: { type: 'string', default: 'auto' },
    json: { type: 'boolean', default: false },
  },
});

/** How a command ended, how long it took, and the most memory that it had. */
interface Timed {
  readonly seconds: number;
  readonly peakBytes: number;
}

/** Runs a command to its end; its peak of memory is watched, since the kernel forgets it when the process ends. */
async function timed(
  words: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Timed> {
  const started = performance.now();
  const child = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOf(child.pid ?? 0));
  }, 20);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${String(code)}`);
  return { seconds: (performance.now() - started) / 1000, peakBytes };
}

/** proc(5): VmHWM is the peak of the resident set, in kB. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

async function measure(throwaway: Throwaway): Promise<void> {
  const context = testContext();
  const target = throwaway.target('bench');
  const clients = await findClients(context, throwaway.server.flavour);
  await withSession(
    context,
    target,
    (session) => session.run('CREATE DATABASE bench CHARACTER SET utf8mb4'),
    {
      database: null,
    },
  );
  await withSession(context, target, (session) =>
    fillDatabase(session, Number(values.megabytes), Number(values.seed)),
  );
  const knows = await knownOptions(context, clients.dump);
  const plain = await withOptionFile(target, clients.flavour, async (file) => {
    const dump = [clients.dump, ...dumpArguments(file, 'bench', knows)];
    const pipe = (into: string): string[] => ['sh', '-c', `"$@" ${into}`, 'sh', ...dump];
    // The first reads the tables into memory, as they are in a server that works.
    await timed(pipe('> /dev/null'));
    return { bare: await timed(pipe('> /dev/null')), gzip: await timed(pipe('| gzip > /dev/null')) };
  });
  const project = temporaryFolder('bench');
  const backup = await timed([...majCommand, 'backup', '--database-only', '--project', project], {
    env: {
      ...process.env,
      DB_SOCKET: throwaway.socket,
      DB_NAME: 'bench',
      DB_USER: 'root',
      BACKUP_DIR: join(project, 'backups'),
    },
  });
  rmSync(project, { recursive: true, force: true });
  print(throwaway.server.text, plain, backup);
}

function print(server: string, plain: { readonly bare: Timed; readonly gzip: Timed }, backup: Timed): void {
  const facts = {
    server,
    megabytes: Number(values.megabytes),
    dumpSeconds: plain.bare.seconds,
    gzipSeconds: plain.gzip.seconds,
    backupSeconds: backup.seconds,
    againstDump: backup.seconds / plain.bare.seconds,
    againstGzip: backup.seconds / plain.gzip.seconds,
    peakBytes: backup.peakBytes,
    memoryLimit,
  };
  if (values.json) console.log(JSON.stringify(facts));
  else {
    console.log(`${server}, about ${facts.megabytes} MB of SQL`);
    console.log(`  dump > /dev/null     ${facts.dumpSeconds.toFixed(1)} s`);
    console.log(`  dump | gzip          ${facts.gzipSeconds.toFixed(1)} s`);
    console.log(
      `  maj backup           ${facts.backupSeconds.toFixed(1)} s: ${facts.againstDump.toFixed(2)} times the dump alone, ${facts.againstGzip.toFixed(2)} times dump | gzip`,
    );
    console.log(`  peak of memory       ${bytes(facts.peakBytes)} of ${bytes(memoryLimit)} allowed`);
  }
  if (backup.peakBytes > memoryLimit) process.exitCode = 1;
}

const context = testContext();
const programs = await findServerPrograms(context, values.server);
await withThrowaway(context, programs, measure);
