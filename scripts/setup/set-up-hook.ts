import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { exists, namesIn, readIfThere, remove, writeDurably } from '../system/files.ts';
import { gitEnvironment, tryGit } from '../system/process/git.ts';
import { capture } from '../system/process/processes.ts';
import { hookCallOf } from './edits.ts';
import { withHook } from './hook-script.ts';
import type { Project } from './project.ts';

/**
 * Has git start the hook: what no clone brings with it, so that it is done again after every installation of the packages.
 *
 * @throws MajError `init-hook-manager`
 */
export async function setUpHook(context: Context, project: Project): Promise<void> {
  const { manager, top } = project;
  if (manager.kind === 'lefthook') await runManager(context, project, 'lefthook', ['install'], top);
  if (manager.kind === 'simple-git-hooks')
    await runManager(context, project, manager.kind, [], join(top, dirname(manager.file)));
  // Linked worktrees share the settings of the main checkout, whose folder of hooks counts.
  if (manager.kind === 'husky' && top === dirname(project.gitFolder))
    await setUpHusky(context, project, manager.folder);
}

/** Takes back what `setUpHook` did, after the hook's own file is as it was. */
export async function takeDownHook(context: Context, project: Project): Promise<void> {
  const { manager, top, gitFolder } = project;
  if (manager.kind === 'simple-git-hooks') await setUpHook(context, project);
  if (manager.kind === 'lefthook') await dropLefthook(project, manager.file);
  if (manager.kind !== 'husky') return;
  const section = worktreeSection(gitFolder);
  await tryGit(context, top, ['config', '--local', '--remove-section', section]);
  await remove(join(gitFolder, worktreeFile));
  const folder = join(top, manager.folder);
  const hooks = (await namesIn(folder)).filter((name) => name !== '_');
  if (hooks.length === 0) {
    await tryGit(context, top, ['config', '--local', '--unset', 'core.hooksPath']);
    await remove(folder);
  } else if (await exists(join(folder, '_', gateFile))) {
    await remove(join(folder, '_', gateFile));
    await writeDurably(join(folder, '_', 'pre-push'), huskysOwn, 0o755);
  }
}

const gateFile = 'maj-gate';
const worktreeFile = 'maj-worktrees.config';
const worktreeSection = (gitFolder: string): string => `includeIf.gitdir:${gitFolder}/worktrees/`;

/** What husky 9 starts hooks by: the file of the same name in the folder above, if there is one. */
const huskysOwn = '#!/usr/bin/env sh\n. "$(dirname "$0")/h"';
const orGate = `[ -f "$(dirname "$(dirname "$0")")/pre-push" ] || exec sh "$(dirname "$0")/${gateFile}" "$@"`;

async function setUpHusky(context: Context, project: Project, folder: string): Promise<void> {
  const { top, gitFolder } = project;
  const inner = join(top, folder, '_');
  if (!(await exists(join(inner, 'h')))) {
    const husky = fileURLToPath(new URL('bin.js', import.meta.resolve('husky')));
    await ran(context, 'node', [husky, folder], top);
  }
  // husky 8 and older have no such folder, and nothing of what follows.
  if (!(await exists(join(inner, 'h')))) return;
  // A commit from before this, checked out to be pushed, has no hook of its own.
  const gate = withHook(undefined, hookCallOf(project)) ?? '';
  await writeDurably(join(inner, gateFile), gate, 0o755);
  await writeDurably(join(inner, 'pre-push'), huskysOwn.replace('\n', `\n${orGate}\n`), 0o755);
  // git tracks nothing of husky's folder: in a linked worktree, where the path leads to another one, no hook would run.
  await writeDurably(
    join(gitFolder, worktreeFile),
    `[core]\n\thooksPath = ${JSON.stringify(inner)}\n`,
    0o644,
  );
  await ran(context, 'git', ['config', '--local', `${worktreeSection(gitFolder)}.path`, worktreeFile], top);
}

async function runManager(
  context: Context,
  { top, folder }: Project,
  name: string,
  words: readonly string[],
  cwd: string,
): Promise<void> {
  const places = [join(top, folder), top].map((place) => join(place, 'node_modules', '.bin', name));
  const there = await Promise.all(places.map(exists));
  const program = places.find((_, at) => there[at]) ?? name;
  await ran(context, program, words, cwd);
}

async function ran(context: Context, program: string, words: readonly string[], cwd: string): Promise<void> {
  const { code, stdout, stderr } = await capture(gitEnvironment(context), program, words, { cwd });
  if (code !== 0)
    throw refused('init-hook-manager', {
      command: [program, ...words].join(' '),
      output: `${stderr}${stdout}`.trim().slice(-2000),
    });
}

/** lefthook leaves the hooks that it has made where nothing asks for them any more. */
async function dropLefthook({ top, gitFolder }: Project, file: string): Promise<void> {
  const hook = join(gitFolder, 'hooks', 'pre-push');
  const settings = (await readIfThere(join(top, file))) ?? '';
  const made = ((await readIfThere(hook)) ?? '').includes('lefthook');
  if (made && !/^["']?pre-push["']?\s*:/m.test(settings)) await remove(hook);
}
