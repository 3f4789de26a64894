import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repositoryAt, twoMigrations, type GateRepository } from '../helpers/gate-repository.ts';
import { writeTree } from '../helpers/packages.ts';
import { median, type Figure } from './limits.ts';
import type { Say } from './measure-backup.ts';
import type { BenchOptions } from './options.ts';
import type { BenchResult } from './print.ts';
import { liveDatabase, withBenchServer, type BenchServer } from './server.ts';
import { timed } from './timed.ts';

/** Times that everything is measured where nothing says how often. */
export const gateRuns = 15;

/** What is timed, in turn; each of them once a round. Seconds. */
interface Round {
  /** Node with a program that is empty. */
  readonly node: number;
  readonly help: number;
  /** Pushes to the deploy branch: with the hook, and without any. */
  readonly deploy: number;
  readonly deployBare: number;
  /** Pushes to another branch. */
  readonly other: number;
  readonly otherBare: number;
  /** A push through husky, whose hook is the one command `true`. */
  readonly husky: number;
}

/**
 * Measures what the hook adds to a push: the time of a real `git push` to a bare repository with it, less that of the same push
 * with `--no-verify`, by the same round. That is the shell of the hook, Node, `maj`, the processes of git that it starts and the
 * question to the live database. It is told in starts of an empty Node process.
 */
export async function benchGate(options: BenchOptions, say: Say): Promise<BenchResult> {
  return withBenchServer(options, async (server) => {
    say(`${server.text} runs in ${server.folder}`);
    const repository = await makeRepository(server);
    say('the repository is made and rehearsed');
    const rounds: Round[] = [];
    // The first one fills the caches of the disk and of Node, and does not count.
    for (let run = 0; run <= options.runs; run += 1) {
      const round = await measureRound(server, repository);
      if (run > 0) rounds.push(round);
    }
    const node = median(rounds.map((round) => round.node));
    const figure = (limit: Figure['limit'], seconds: (round: Round) => number): Figure => {
      const ours = median(rounds.map(seconds));
      return { limit, value: ours / node, ours, plain: node };
    };
    const husky = median(rounds.map((round) => round.husky - round.otherBare));
    return {
      server: server.text,
      options,
      data: `beside it: a husky hook that runs \`true\` adds ${(1000 * husky).toFixed(0)} ms, ${(husky / node).toFixed(2)} starts of Node`,
      figures: [
        figure('gateOpen', ({ deploy, deployBare }) => deploy - deployBare),
        figure('gateElsewhere', ({ other, otherBare }) => other - otherBare),
        figure('help', ({ help }) => help),
      ],
    };
  });
}

interface BenchRepository extends GateRepository {
  /** Two commits with the same migrations: the second is pushed, each time anew. */
  readonly commits: readonly [string, string];
  readonly empty: string;
  readonly huskyHooks: string;
}

async function makeRepository(server: BenchServer): Promise<BenchRepository> {
  await server.empty(liveDatabase);
  const folder = join(server.folder, 'repository');
  const repository = repositoryAt(folder, join(server.folder, 'remote.git'));
  const { git, commit, remote } = repository;
  mkdirSync(folder);
  git('init', '--quiet', '--initial-branch=main');
  git('init', '--quiet', '--bare', '--initial-branch=main', remote);
  git('remote', 'add', 'origin', remote);
  const settings = Object.entries(server.settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, '.env'), settings.join(''), { mode: 0o600 });
  const hook = join(folder, '.git', 'hooks', 'pre-push');
  writeFileSync(hook, `#!/bin/sh\nexec '${process.execPath}' '${server.program}' gate "$@"\n`);
  chmodSync(hook, 0o755);
  writeTree(folder, { '.husky/pre-push': 'true\n' });
  commit({ '.gitignore': '.env\n.maj/\n', ...twoMigrations });
  const first = git('rev-parse', 'HEAD').trim();
  commit({ 'code.txt': 'new\n' });
  const second = git('rev-parse', 'HEAD').trim();
  // husky sets its own folder of hooks, which pushes are to be told of by themselves.
  const husky = fileURLToPath(new URL('../../node_modules/husky/bin.js', import.meta.url));
  await timed([process.execPath, husky], { cwd: folder });
  const huskyHooks = git('config', 'core.hooksPath').trim();
  git('config', '--unset', 'core.hooksPath');
  await timed([process.execPath, server.program, 'rehearse'], { cwd: folder });
  await timed(['git', 'push', 'origin', `${first}:refs/heads/deploy`], { cwd: folder });
  const empty = join(server.folder, 'empty.js');
  writeFileSync(empty, '');
  return { ...repository, commits: [first, second], empty, huskyHooks };
}

async function measureRound(
  { program }: BenchServer,
  { folder, remote, git, commits, empty, huskyHooks }: BenchRepository,
): Promise<Round> {
  const [first, second] = commits;
  const push = async (branch: string, options: readonly string[] = [], settings: readonly string[] = []) => {
    // Where it stood before: there is something to push each time.
    git('--git-dir', remote, 'update-ref', `refs/heads/${branch}`, first);
    const words = ['git', ...settings, 'push', ...options, 'origin', `${second}:refs/heads/${branch}`];
    return (await timed(words, { cwd: folder })).seconds;
  };
  const noHook = ['--no-verify'];
  return {
    node: (await timed([process.execPath, empty])).seconds,
    deployBare: await push('deploy', noHook),
    deploy: await push('deploy'),
    help: (await timed([process.execPath, program, '--help'])).seconds,
    otherBare: await push('other', noHook),
    other: await push('other'),
    husky: await push('other', [], ['-c', `core.hooksPath=${huskyHooks}`]),
  };
}
