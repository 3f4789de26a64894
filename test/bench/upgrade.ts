import { spawn } from 'node:child_process';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { example, exampleMigrations } from '../../examples/demo/example.ts';
import { installSite, type Site } from '../../examples/demo/site.ts';
import { listBackups } from '../../scripts/backup/list.ts';
import type { Context } from '../../scripts/core/context.ts';
import { withSession } from '../../scripts/database/session/session.ts';
import { readMigrations } from '../../scripts/migrations/folder.ts';
import { runMigrations } from '../../scripts/migrations/run/runner.ts';
import { withThrowaway } from '../../scripts/server/throwaway.ts';
import { temporaryFolder, testContext } from '../helpers/context.ts';
import { makeTree } from './file-tree.ts';
import { median, type Figure } from './limits.ts';
import type { Say } from './measure-backup.ts';
import type { BenchOptions } from './options.ts';
import type { BenchResult } from './print.ts';
import { builtProgram } from './program.ts';
import { findTools } from './tools.ts';

/** Of a dump of the example, for each timesheet with what belongs to it (measured: 20.3 MB for 100,000). */
const bytesOfRow = 203;

const upgradedSchema = v.object({
  type: v.literal('result'),
  data: v.object({
    windowMs: v.number(),
    expectedMs: v.optional(v.number()),
    backup: v.string(),
    steps: v.array(v.object({ step: v.string(), durationMs: v.optional(v.number()) })),
  }),
});

/** What a window took, and what of it was the backup's and the migrations' own. Seconds. */
interface Window {
  readonly whole: number;
  readonly expected: number;
  readonly backup: number;
  readonly migrations: number;
}

/**
 * Measures the window of the example's upgrade. Between the rehearsal and the window users write, so that the backup of
 * the window is not the one that was proven.
 */
export async function benchUpgrade(options: BenchOptions, say: Say): Promise<BenchResult> {
  const tools = await findTools(testContext(), options.server);
  const context = testContext({
    config: {
      REHEARSAL_SERVER: options.server,
      ...(tools.clientFolder === undefined ? {} : { CLIENT_BIN_DIR: tools.clientFolder }),
    },
  });
  const program = await builtProgram();
  const folder = temporaryFolder('bench');
  try {
    return await withThrowaway(
      context,
      tools.programs,
      async (throwaway) => {
        say(`${throwaway.server.text} runs; ${options.megabytes} MB are made`);
        const site = await installSite(context, throwaway, folder, example);
        try {
          await seed(context, site, options.megabytes);
          await maj(site, program, ['adopt-release']);
          const measure = async (): Promise<readonly Window[]> => {
            const windows: Window[] = [];
            for (let run = 1; run <= options.runs; run += 1) {
              windows.push(await upgradeOnce(context, site, program, run, say));
              await maj(site, program, ['upgrade', '--roll-back', '--yes']);
            }
            return windows;
          };
          const windows = await measure();
          const withUploads =
            options.uploadsMegabytes === 0 ? [] : await measureUploads(site, options, measure);
          const uploads = options.uploadsMegabytes === 0 ? '' : `; ${options.uploadsMegabytes} MB of uploads`;
          const data = `example application: ${options.megabytes} MB of SQL text${uploads}; users write between rehearsal and window`;
          const figures = [overhead(windows), ...predictions(windows), ...added(windows, withUploads)];
          return { server: throwaway.server.text, options, data, figures };
        } finally {
          await site.close();
        }
      },
      { durable: options.durable },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Measures once more, with uploads. */
async function measureUploads(
  site: Site,
  { files, uploadsMegabytes, seed }: BenchOptions,
  measure: () => Promise<readonly Window[]>,
): Promise<readonly Window[]> {
  const folder = join(site.appDir, 'uploads', 'bench');
  await mkdir(folder, { recursive: true });
  await makeTree(folder, files.count, uploadsMegabytes * 1_000_000, seed);
  return measure();
}

/** What uploads add to a window, and how well it is predicted with them. */
const added = (without: readonly Window[], withThem: readonly Window[]): Figure[] => {
  if (withThem.length === 0) return [];
  const [plain, ours] = [without, withThem].map((windows) => median(windows.map(({ whole }) => whole)));
  if (plain === undefined || ours === undefined) return [];
  return [
    { limit: 'uploads', value: ours - plain, ours, plain },
    ...predictions(withThem).map((figure) => ({ ...figure, of: 'with uploads' })),
  ];
};

function predictions(windows: readonly Window[]): Figure[] {
  const off = windows.map(({ whole, expected }) => Math.abs(expected - whole) / whole);
  return [
    {
      limit: 'prediction',
      value: median(off),
      ours: median(windows.map(({ expected }) => expected)),
      plain: median(windows.map(({ whole }) => whole)),
    },
  ];
}

/** What a window takes beyond its backup and its migrations. */
function overhead(windows: readonly Window[]): Figure {
  const own = windows.map(({ backup, migrations }) => backup + migrations);
  const beyond = windows.map(({ whole }, index) => whole - (own[index] ?? 0));
  return {
    limit: 'window',
    value: median(beyond),
    ours: median(windows.map(({ whole }) => whole)),
    plain: median(own),
  };
}

async function seed(context: Context, site: Site, megabytes: number): Promise<void> {
  const migrations = await readMigrations(join(site.appDir, 'migrations'), {});
  const pending = migrations.map((one) => ({ ...one, done: 0, recordedAs: one.version }));
  await runMigrations(context, {
    target: site.target,
    migrations: pending,
    runId: 'install',
    appliedBy: 'bench',
  });
  const rows = Math.round((megabytes * 1_000_000) / bytesOfRow);
  await example.seedDatabase(join(site.appDir, '.env'), { rows });
}

async function upgradeOnce(
  context: Context,
  site: Site,
  program: string,
  run: number,
  say: Say,
): Promise<Window> {
  await rehearsed(site, program);
  await write(context, site, run);
  const output = await maj(site, program, ['upgrade', '1.1.0', '--retry', '--json']);
  const lines = output.split('\n').filter((line) => line !== '');
  const { data } = v.parse(v.pipe(v.string(), v.parseJson(), upgradedSchema), lines.at(-1));
  const backup = (await listBackups({ ...context, projectDir: site.project })).find(
    ({ id }) => id === data.backup,
  );
  const of = (step: string): number =>
    (data.steps.find((one) => one.step === step)?.durationMs ?? Number.NaN) / 1000;
  const window = {
    whole: data.windowMs / 1000,
    expected: (data.expectedMs ?? Number.NaN) / 1000,
    backup: (backup?.manifest.durationMs ?? Number.NaN) / 1000,
    migrations: of('migrate'),
  };
  const steps = data.steps.map(({ step, durationMs }) => `${step} ${((durationMs ?? 0) / 1000).toFixed(2)}`);
  say(
    `window ${run}: ${window.whole.toFixed(1)} s, expected ${window.expected.toFixed(1)} s (${steps.join(', ')}); its backup's own ${window.backup.toFixed(1)} s`,
  );
  return window;
}

/** Copies the scripts of 1.1.0 to where a rehearsal finds them; it has them in its package. */
async function rehearsed(site: Site, program: string): Promise<void> {
  const folder = join(site.folder, 'scripts');
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(exampleMigrations))
    if (name.endsWith('.sql') && name.slice(0, 3) <= '007')
      await copyFile(new URL(name, exampleMigrations), join(folder, name));
  await maj(site, program, ['rehearse'], { MIGRATIONS_DIR: folder });
}

/**
 * What users do between the rehearsal and the window: the backup of the window is another one then, and the largest
 * tables are among what has changed.
 */
const write = (context: Context, site: Site, run: number): Promise<void> =>
  withSession(context, site.target, async (session) => {
    await session.run(`UPDATE users SET name = CONCAT(name, ' ${run}') WHERE id < 10`);
    await session.run(
      `INSERT INTO timesheets (user_id, project_id, day, hours, note)
       SELECT user_id, project_id, day, hours, 'recorded late' FROM timesheets ORDER BY id DESC LIMIT 100`,
    );
    await session.run("UPDATE timesheets SET note = 'corrected' ORDER BY id DESC LIMIT 150");
  });

function maj(
  site: Site,
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...words], {
      cwd: site.project,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (output.stderr = (output.stderr + text).slice(-4096)));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output.stdout);
      else
        reject(
          new Error(
            `maj ${words.join(' ')} ended with ${String(code)}:\n${output.stderr}${output.stdout.slice(-2000)}`,
          ),
        );
    });
  });
}
