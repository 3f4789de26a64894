import { isAbsolute, posix, resolve } from 'node:path';
import type { Verb, VerbArguments, VerbResult } from './cli/verb.ts';
import { parseBranchPatterns } from './config/branch-pattern.ts';
import { loadSettings } from './config/load.ts';
import { makeStateFolder } from './config/own-folders.ts';
import { inStep, note, warn, type Context } from './core/context.ts';
import { isFailure, refused, wrongUsage } from './core/errors.ts';
import { rehearseFirst } from './init-rehearse.ts';
import { describeError } from './messages/catalogue.ts';
import { bareEdits } from './setup/bare.ts';
import { editsOf, hookCallOf, type Edit } from './setup/edits.ts';
import { gateCommand } from './setup/hook-script.ts';
import { installPackage } from './setup/install-package.ts';
import { readProject, type Project } from './setup/project.ts';
import { proveAllowance, proveRefusal, tryPush, type Trial } from './setup/prove.ts';
import { setUpHook, takeDownHook } from './setup/set-up-hook.ts';
import { readTexts, writeEdits } from './setup/write-edits.ts';
import { exists } from './system/files.ts';

type InitOption = 'remove' | 'hook' | 'plan' | 'branch' | 'workflow' | 'bare';
type InitArguments = VerbArguments<InitOption>;

/** `maj init`: the gate in a project that has none, proven to refuse and to allow. */
export const initVerb: Verb<InitOption> = {
  name: 'init',
  usage: ['init', 'init --plan', 'init --remove', 'init --hook', 'init --bare REPOSITORY'],
  options: {
    branch: { type: 'string', value: 'NAMES', help: 'The branches to guard, with commas between them.' },
    workflow: {
      type: 'string',
      value: 'SERVICE',
      help: 'Also write a workflow that judges every commit of these branches: github or gitlab.',
    },
    bare: {
      type: 'string',
      value: 'REPOSITORY',
      help: 'Set the gate up on the server: as pre-receive hook of this bare repository. With --remove: take it out.',
    },
    plan: { type: 'boolean', help: 'Show what would be written, and write nothing.' },
    remove: { type: 'boolean', help: 'Take out what init has put in.' },
    hook: {
      type: 'boolean',
      help: 'Only have git start the hook that the project holds already: for a clone, after its packages are installed.',
    },
  },
  needsSettings: false,
  async run(context, args) {
    const { remove, hook, plan, branch, workflow: ci, bare } = args.options;
    const wrong = (reason: string): Error => wrongUsage('bad-usage', { verb: 'init', reason });
    if (args.positionals.length > 0) throw wrong('it takes options only');
    if ([remove, hook, plan].filter((given) => given === true).length > 1)
      throw wrong('--remove, --hook and --plan exclude each other');
    const branches = typeof branch === 'string' ? parseBranchPatterns(branch) : [];
    if (branches === undefined) throw wrong(`${String(branch)} is no list of branches`);
    if (ci !== undefined && ci !== 'github' && ci !== 'gitlab')
      throw wrong('--workflow takes github or gitlab');
    if (typeof bare === 'string') return setUpBare(context, args, bare);
    if (hook === true) return setUpClone(context);
    if (remove === true) return takeOut(context, args);
    return setUp(context, args, { branches, ci });
  },
};

async function setUp(
  context: Context,
  args: InitArguments,
  wishes: Parameters<typeof readProject>[1],
): Promise<VerbResult> {
  const isPlan = args.options.plan === true;
  if (!isPlan)
    await installPackage(context, (command) =>
      args.confirm(({ results }) => results.setup.installQuestion({ command })),
    );
  const project = await readProject(context, wishes);
  const edits = await plannedEdits(project, 'add');
  note(context, 'init-found', project);
  if (project.isEnvTracked) warn(context, 'init-env-tracked', { path: posix.join(project.folder, '.env') });
  if (edits.length > 0) note(context, 'init-changes', { edits });
  const data = { ...found(project), files: edits.map(({ path }) => path) };
  if (isPlan) return { data, text: () => [] };
  if (edits.length > 0) await args.confirm(({ results }) => results.setup.question({ files: data.files }));
  await inStep(context, 'init-write', { files: data.files }, async () => {
    await writeEdits(project, edits);
    await makeStateFolder(context);
  });
  await inStep(context, 'init-hook', { manager: project.manager.kind }, () => setUpHook(context, project));

  const settled = loadSettings(context.projectDir, {}, context.env, 'project');
  const ready: Context = { ...context, config: settled.config, env: settled.env };
  if (wishes?.ci !== undefined && ready.config.GATE_ALLOWED_SIGNERS === undefined)
    warn(context, 'init-ci-unsigned', {});
  const trial = await trialOf(ready, project);
  await proveRefusal(ready, trial);
  const isRehearsed = (await tryPush(ready, trial)) === undefined;
  const trouble = isRehearsed ? undefined : await rehearseFirst(context, args);
  if (trouble === undefined && !isRehearsed) await proveAllowance(ready, trial);
  return {
    data: { ...data, refused: true, allowed: trouble === undefined },
    text: (messages) =>
      messages.results.setup.done({
        files: data.files.filter((path) => isShared(project, path)),
        branch: trial.branch,
        trouble: trouble === undefined ? undefined : describeError(trouble, messages),
        isInterrupted: trouble?.code === 'interrupted',
      }),
    ...(trouble === undefined ? {} : { exitCode: trouble.exitCode }),
  };
}

/** Whether a file is one for other clones: `.env` has passwords, and what lies in git's own folder is in no commit. */
const isShared = ({ folder }: Project, path: string): boolean =>
  !isAbsolute(path) && path !== posix.join(folder, '.env');

/** A clone has the hook's file, and nothing of git's own settings. */
async function setUpClone(context: Context): Promise<VerbResult> {
  const nothing: VerbResult = { data: { hook: null }, text: () => [] };
  let project: Project;
  try {
    project = await readProject(context);
  } catch (error) {
    // Packages are installed for production from an archive as well, where nothing is pushed.
    if (isFailure(error, 'init-no-repository')) return nothing;
    throw error;
  }
  const { manager } = project;
  // A hook that lies in git's own folder comes with no clone.
  const own = manager.kind === 'plain' && isAbsolute(manager.file);
  if (own)
    await writeEdits(
      project,
      (await plannedEdits(project, 'add')).filter(({ path }) => path === manager.file),
    );
  await setUpHook(context, project);
  return {
    data: { hook: manager.kind },
    text: ({ results }) => [results.setup.hookSet({ manager: manager.kind })],
  };
}

/** The same decision on the server that is pushed to, whatever hooks a clone has. */
async function setUpBare(context: Context, args: InitArguments, folder: string): Promise<VerbResult> {
  const { remove, plan } = args.options;
  const top = resolve(context.workingDir, folder);
  const edits = await bareEdits(context, top, remove === true ? 'remove' : 'add');
  const files = edits.map(({ path }) => path);
  if (edits.length > 0) note(context, 'init-changes', { edits });
  const data = { files };
  if (plan === true) return { data, text: () => [] };
  if (edits.length > 0) await args.confirm(({ results }) => results.setup.question({ files }));
  await writeEdits({ top }, edits);
  return {
    data,
    text: ({ results }) =>
      remove === true ? results.setup.removed({ files }) : results.setup.bareDone({ folder: top }),
  };
}

async function takeOut(context: Context, args: InitArguments): Promise<VerbResult> {
  const project = await readProject(context);
  const edits = await plannedEdits(project, 'remove');
  const files = edits.map(({ path }) => path);
  if (edits.length > 0) {
    note(context, 'init-changes', { edits });
    await args.confirm(({ results }) => results.setup.removeQuestion({ files }));
  }
  await inStep(context, 'init-write', { files }, async () => {
    await writeEdits(project, edits);
    await takeDownHook(context, project);
  });
  return { data: { files }, text: ({ results }) => results.setup.removed({ files }) };
}

async function plannedEdits(project: Project, what: 'add' | 'remove'): Promise<readonly Edit[]> {
  const texts = await readTexts(project);
  const { edits, byHand } = editsOf(project, what, texts);
  const command = gateCommand(hookCallOf(project), '"$@"');
  if (what === 'add' && byHand.length > 0) throw refused('init-by-hand', { files: byHand, command });
  return edits;
}

/** What is pushed for a try: to a branch that is guarded, with the migrations that the gate looks at. */
async function trialOf(context: Context, project: Project): Promise<Trial> {
  const { DEPLOY_BRANCH: patterns, MIGRATIONS_DIR: folder } = context.config;
  const branch = (patterns[0] ?? '').replaceAll('*', 'x');
  const migrations = posix.join(project.folder, folder);
  return {
    top: project.top,
    branch,
    migrations,
    hasMigrations: await exists(posix.join(project.top, migrations)),
  };
}

const found = ({ packageManager, manager, migrations, branches, folder }: Project): object => ({
  packageManager,
  hookManager: manager.kind,
  migrations: migrations ?? null,
  branches,
  folder,
});
