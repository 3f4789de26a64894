import { dirname, isAbsolute, join, relative } from 'node:path';
import * as v from 'valibot';
import { fitsPattern, parseBranchPatterns } from '../config/branch-pattern.ts';
import { parseEnvFile } from '../config/env-file.ts';
import { readSettingsFile } from '../config/shared-file.ts';
import type { Context } from '../core/context.ts';
import { refused, wrongUsage } from '../core/errors.ts';
import { liveNames } from '../gate/refs.ts';
import { exists, namesIn, readIfThere, realPathOf } from '../system/files.ts';
import { git, tryGit } from '../system/process/git.ts';
import {
  addingMaj,
  hookManagerOf,
  migrationsOf,
  packageManagerOf,
  type HookFacts,
  type PackageManager,
} from './detect.ts';
import type { CiService } from './ci-workflow.ts';
import type { Layout } from './edits.ts';
import { isPlainPath } from './hook-script.ts';
import { packageSchema } from './package-json.ts';

/** A project, as it is found. */
export interface Project extends Layout {
  /** The root of its repository; absolute. */
  readonly top: string;
  /** git's own folder of the repository, which linked worktrees share; absolute. */
  readonly gitFolder: string;
  /** git holds `.env`, and so its passwords. */
  readonly isEnvTracked: boolean;
}

/**
 * Looks at a project: its repository, what installs its packages and starts its hooks, its migrations and its branches.
 *
 * @param wishes what is to be guarded, where the user says it, and the service that is to judge commits
 * @throws MajError `init-no-repository`, `init-path`, `init-not-installed`, `init-package-json`, `init-inside`
 */
export async function readProject(
  context: Context,
  { branches = [], ci }: { readonly branches?: readonly string[]; readonly ci?: CiService | undefined } = {},
): Promise<Project> {
  const place = await installationOf(context);
  const { top, project, folder, manifest, rootManifest, packageManager, home } = place;
  if (!place.isThere)
    throw wrongUsage('init-not-installed', { command: addingMaj(packageManager).join(' ') });
  const topFiles = await namesIn(top);
  const dependencies = [manifest, rootManifest].flatMap((json) =>
    Object.keys({ ...json?.dependencies, ...json?.devDependencies }),
  );
  const simpleFiles = [
    ...(manifest?.['simple-git-hooks'] === undefined ? [] : [join(folder, 'package.json')]),
    ...(folder !== '' && rootManifest?.['simple-git-hooks'] !== undefined ? ['package.json'] : []),
    ...topFiles.filter((name) => /^\.?simple-git-hooks\.(?:c?js|json)$/.test(name)),
  ];
  const hooks = await readHooks(context, place.gitFolder, top);
  const hasHusky = dependencies.includes('husky');
  const lines = Object.entries(parseEnvFile(readSettingsFile(join(project, '.env')) ?? ''));
  const env = Object.fromEntries(lines.map(([name, { text }]) => [name, text]));
  const listed = await git(context, project, ['ls-files', '-z', '-c', '-o', '--exclude-standard']);
  const own = await namesIn(project);
  const migrations = migrationsOf(listed.split('\0').filter(Boolean), dependencies);
  if (folder !== '' && migrations === undefined && !own.some(isOfProject)) {
    const around = await firstWith(foldersUpTo(dirname(project), top), 'package.json');
    if (around !== undefined) throw wrongUsage('init-inside', { folder: project, project: around });
  }
  return {
    top,
    gitFolder: place.gitFolder,
    folder,
    packageManager,
    packageFolder: home === undefined ? undefined : relative(top, join(home, packagePath)),
    manager: hookManagerOf({ ...hooks, top, topFiles, simpleFiles, hasHusky, folder }),
    migrations,
    branches: branches.length > 0 ? branches : await branchesOf(context, top, env['DEPLOY_BRANCH']),
    env,
    ...(await envInGit(context, project)),
    ci,
    makefile: ['GNUmakefile', 'makefile', 'Makefile'].find((name) => own.includes(name)) ?? 'Makefile',
  };
}

/** Whether a file tells that its folder is a project, not one of its folders. */
const isOfProject = (name: string): boolean =>
  ['package.json', 'composer.json', '.env', 'maj.config.json', 'migrations'].includes(name);

const packagePath = 'node_modules/maj-kit';

/** Where a project is, and whether maj is installed in it. */
interface Installation {
  readonly top: string;
  readonly gitFolder: string;
  /** The project's folder, without links; absolute. */
  readonly project: string;
  /** The same from the root of the repository. */
  readonly folder: string;
  readonly manifest: Manifest | undefined;
  readonly rootManifest: Manifest | undefined;
  readonly packageManager: PackageManager;
  readonly isThere: boolean;
  /** The folder whose `node_modules` holds maj; undefined where it is not installed, or by Yarn's Plug'n'Play. */
  readonly home: string | undefined;
}

/**
 * Finds a project's repository, its package manager, and the package of maj in it.
 *
 * @throws MajError `init-no-repository`, `init-path`, `init-package-json`
 */
export async function installationOf(context: Context): Promise<Installation> {
  const { top, gitFolder } = await repositoryOf(context);
  const project = await realPathOf(context.projectDir);
  const folder = relative(top, project);
  if (folder !== '' && !isPlainPath(folder)) throw refused('init-path', { path: folder });
  const above = foldersUpTo(project, top);
  const files = (await Promise.all(above.map(namesIn))).flat();
  const manifest = await readManifest(join(project, 'package.json'));
  const rootManifest = folder === '' ? manifest : await readManifest(join(top, 'package.json'));
  const lock = await firstWith(above, 'yarn.lock');
  const packageManager = packageManagerOf({
    named: manifest?.packageManager ?? rootManifest?.packageManager,
    files,
    yarnLock: lock === undefined ? undefined : await readIfThere(join(lock, 'yarn.lock')),
  });
  const home = await firstWith(above, `${packagePath}/package.json`);
  const isThere = home !== undefined || (files.includes('.pnp.cjs') && dependsOn(manifest, rootManifest));
  return { top, gitFolder, project, folder, manifest, rootManifest, packageManager, isThere, home };
}

const dependsOn = (...manifests: readonly (Manifest | undefined)[]): boolean =>
  manifests.some((json) => 'maj-kit' in { ...json?.dependencies, ...json?.devDependencies });

async function repositoryOf(context: Context): Promise<{ readonly top: string; readonly gitFolder: string }> {
  const args = ['rev-parse', '--path-format=absolute', '--show-toplevel', '--git-common-dir'];
  const found = await tryGit(context, context.projectDir, args);
  const [top = '', gitFolder = ''] = found.stdout.split('\n');
  if (found.code !== 0 || top === '')
    throw wrongUsage('init-no-repository', { folder: context.projectDir, output: found.stderr.trim() });
  return { top, gitFolder };
}

async function readHooks(
  context: Context,
  gitFolder: string,
  top: string,
): Promise<Pick<HookFacts, 'hooksPath' | 'hooksFolder' | 'hooks' | 'prePush'>> {
  const args = ['config', '--type=path', '--get', 'core.hooksPath'];
  const said = (await tryGit(context, top, args)).stdout.trim();
  // In a linked worktree it names a folder of the main checkout (see set-up-hook.ts).
  const main = dirname(gitFolder);
  const hooksPath = isAbsolute(said) && !relative(main, said).startsWith('..') ? relative(main, said) : said;
  const hooksFolder = join(gitFolder, 'hooks');
  return {
    hooksPath: hooksPath === '' ? undefined : hooksPath,
    hooksFolder,
    hooks: (await namesIn(hooksFolder)).filter((name) => !name.endsWith('.sample')),
    prePush: await readIfThere(join(hooksFolder, 'pre-push')),
  };
}

/** The branches that are live by their names; where there are none, `deploy`, which then is made for this. */
async function branchesOf(
  context: Context,
  top: string,
  said: string | undefined,
): Promise<readonly string[]> {
  // One that is no list is told by the settings themselves.
  if (said !== undefined && said !== '') return parseBranchPatterns(said) ?? [said];
  const remotes = (await git(context, top, ['remote'])).split('\n').filter(Boolean);
  const refs = await git(context, top, ['for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/remotes']);
  const names = refs.split('\n').map((ref) => {
    const name = ref.replace(/^refs\/(?:heads|remotes)\//, '');
    const remote = ref.startsWith('refs/remotes/')
      ? remotes.find((one) => name.startsWith(`${one}/`))
      : undefined;
    return remote === undefined ? name : name.slice(remote.length + 1);
  });
  const live = [...new Set(names)].filter((name) => liveNames.some((pattern) => fitsPattern(pattern, name)));
  return live.length === 0 ? ['deploy'] : live;
}

async function envInGit(
  context: Context,
  project: string,
): Promise<Pick<Project, 'isEnvShown' | 'isEnvTracked'>> {
  const tracked = await git(context, project, ['ls-files', '--', '.env']);
  const asked = await tryGit(context, project, ['check-ignore', '-q', '.env']);
  return { isEnvShown: asked.code === 1 && tracked === '', isEnvTracked: tracked !== '' };
}

type Manifest = v.InferOutput<typeof packageSchema>;

async function readManifest(path: string): Promise<Manifest | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const parsed = v.safeParse(packageSchema, text);
  if (!parsed.success) throw refused('init-package-json', { path, reason: v.summarize(parsed.issues) });
  return parsed.output;
}

/** A folder and those above it, up to another. */
const foldersUpTo = (folder: string, top: string): string[] =>
  folder === top || dirname(folder) === folder ? [folder] : [folder, ...foldersUpTo(dirname(folder), top)];

/** The first of these folders that holds something. */
async function firstWith(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) if (await exists(join(folder, name))) return folder;
  return undefined;
}
