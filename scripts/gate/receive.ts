import { isAbsolute, join, posix, relative, resolve } from 'node:path';
import { settingsOfCommit } from '../config/load.ts';
import { folderOfRecords } from '../config/records-folder.ts';
import { sharedFileName } from '../config/shared-file.ts';
import type { Config, SettingName } from '../config/settings.ts';
import { note, type Context } from '../core/context.ts';
import { MajError, refused, wrongUsage } from '../core/errors.ts';
import { exists, realPathOf } from '../system/files.ts';
import { judgeCommit, judgePush, type Allowed, type GatePlaces } from './judge.ts';
import {
  branchOf,
  guardedRefs,
  isDeletion,
  isNone,
  looksLive,
  parseReceivedRefs,
  type PushedRef,
} from './refs.ts';
import { askBranches, askGit, commitIfThere, resolveCommit } from './repository.ts';

/** Settings that were given as options: whoever has written the hook. */
type Options = Readonly<Partial<Record<SettingName, string>>>;

/** A repository that is pushed to, as its hooks see it. */
interface Receiving {
  readonly context: Context;
  readonly options: Options;
  /** Its own folder; a bare repository has no other. */
  readonly gitDir: string;
  /** The project's folder in each commit: empty, or without a slash at its end. */
  readonly project: string;
  /** The branch that HEAD names, and what stands there. */
  readonly head: { readonly ref: string; readonly commit: string | undefined };
}

/** The settings that a commit brings; undefined: it has no file of them. */
interface Rules {
  readonly commit: string;
  readonly config: Config;
  readonly isSaid: boolean;
}

/**
 * Judges what is pushed to this repository, as git's pre-receive hook: every line, each by the settings and the allowed signers of
 * what its branch has now. A commit that brings its own says nothing of itself, but where nothing stands there yet.
 *
 * @param input git's lines (githooks(5), pre-receive)
 * @param reason why the gate is bypassed; undefined: it is not
 * @throws MajError `gate-input`, `gate-elsewhere`, `gate-unsaid`, `no-project`; of settings; what `judgePush` throws
 */
export async function judgeReceived(
  context: Context,
  input: string,
  options: Options,
  reason: string | undefined,
): Promise<Allowed[]> {
  const lines = parseReceivedRefs(input);
  if (lines === undefined || lines.length === 0) throw wrongUsage('gate-input', {});
  const receiving = await receivingRepository(context, options);
  const allowed: Allowed[] = [];
  for (const given of lines.filter((each) => branchOf(each) !== undefined)) {
    const line = { ...given, remoteRef: await changedRef(receiving, given.remoteRef) };
    const rules = await rulesFor(receiving, line);
    if (rules === undefined) continue;
    const branch = branchOf(line) ?? '';
    if (rules.commit === line.localSha) note(context, 'gate-first-push', { branch });
    // What counts next time has to be readable next time.
    if (!isDeletion(line)) await rulesIn(receiving, line.localSha);
    const { repository, places } = await placesOf(receiving, rules);
    const deleted = isDeletion(line) ? [branch] : [];
    const refs = isDeletion(line) ? [] : [line];
    const push = {
      target: { remote: undefined, url: undefined },
      empty: false,
      mirror: false,
      refs,
      deleted,
    };
    allowed.push(...(await judgePush(repository, push, { reason, isWatched: false }, places)));
  }
  return allowed;
}

/**
 * Judges a commit that was pushed to this bare repository, for hooks that are not told by lines (update).
 *
 * @throws MajError `gate-git` where it is not there; what `judgeReceived` throws
 */
export async function judgeReceivedCommit(
  context: Context,
  name: string,
  options: Options,
): Promise<Allowed> {
  const receiving = await receivingRepository(context, options);
  const commit = await resolveCommit({ ...context, projectDir: receiving.gitDir }, name);
  const rules = await rulesIn(receiving, receiving.head.commit ?? commit);
  const { repository, places } = await placesOf(receiving, rules);
  const branch = rules.config.DEPLOY_BRANCH.join(', ');
  return judgeCommit(repository, { commit, branch }, { ...places, standing: askBranches });
}

/** Whether a hook calls us in a bare repository. */
export async function isInBareHook({ env, workingDir }: Context): Promise<boolean> {
  const { GIT_DIR: gitDir } = env;
  if (gitDir === undefined) return false;
  const asked = { env, projectDir: resolve(workingDir, gitDir) };
  return (
    (await exists(asked.projectDir)) &&
    (await askGit(asked, ['rev-parse', '--is-bare-repository'])).trim() === 'true'
  );
}

/** git starts hooks in the folder of the repository, and names it from there. */
async function receivingRepository(context: Context, options: Options): Promise<Receiving> {
  const gitDir = await realPathOf(resolve(context.workingDir, context.env['GIT_DIR'] ?? '.'));
  const asked = { env: context.env, projectDir: gitDir };
  const found = (await askGit(asked, ['rev-parse', '--absolute-git-dir'])).trim();
  if ((await realPathOf(found)) !== gitDir) throw refused('gate-elsewhere', { folder: gitDir });
  const ref = (await askGit(asked, ['rev-parse', '--symbolic-full-name', 'HEAD']).catch(() => '')).trim();
  const head = { ref, commit: await commitIfThere(asked, 'HEAD') };
  return { context, options, gitDir, project: await projectInCommit(context, gitDir), head };
}

/** `--project` names a folder of the commit; or one elsewhere on this machine, with what is set and kept there. */
async function projectInCommit({ env, projectDir }: Context, gitDir: string): Promise<string> {
  const inside = relative(gitDir, await realPathOf(projectDir));
  if (!inside.startsWith('..')) return inside;
  const prefix = await askGit({ env, projectDir }, ['rev-parse', '--show-prefix']).catch(() => '');
  return prefix.trim().replace(/\/$/, '');
}

/** The rules that a line is judged by; undefined: its branch is not guarded. */
async function rulesFor(receiving: Receiving, line: PushedRef): Promise<Rules | undefined> {
  const { head } = receiving;
  const old = isNone(line.remoteSha) ? undefined : line.remoteSha;
  const pushed = isDeletion(line) ? undefined : line.localSha;
  await refuseNoProject(receiving, [old, head.commit, pushed]);
  const read: Rules[] = [];
  let broken: unknown;
  const standing = [old, head.commit, old === undefined ? pushed : undefined];
  for (const commit of new Set(standing.filter((each) => each !== undefined))) {
    try {
      read.push(await rulesIn(receiving, commit));
    } catch (error) {
      // Whoever corrects a file of settings that cannot be read has to be able to push that.
      const isCorrected = commit === old && pushed !== undefined;
      if (!(error instanceof MajError) || !isCorrected) throw error;
      broken = error;
    }
  }
  if (broken !== undefined && pushed !== undefined) read.push(await rulesIn(receiving, pushed));
  const guarding = read.find(({ config }) => guardedRefs([line], config.DEPLOY_BRANCH).length > 0);
  if (guarding === undefined) await refuseUnsaid(receiving, read, line);
  return guarding;
}

/** A branch may be another name of one that is guarded (git-symbolic-ref(1)). */
async function changedRef({ context, gitDir }: Receiving, ref: string): Promise<string> {
  const asked = { env: context.env, projectDir: gitDir };
  const listed = await askGit(asked, ['for-each-ref', '--format=%(refname) %(symref)', ref]);
  const [, leadsTo] =
    listed
      .split('\n')
      .find((line) => line.startsWith(`${ref} `))
      ?.split(' ') ?? [];
  return leadsTo === undefined || leadsTo === '' ? ref : leadsTo;
}

/** A slip in the name of the project's folder would leave every branch open. */
async function refuseNoProject(
  { context, gitDir, project }: Receiving,
  commits: readonly (string | undefined)[],
): Promise<void> {
  if (project === '') return;
  const asked = { env: context.env, projectDir: gitDir };
  for (const commit of commits)
    if (commit !== undefined && (await askGit(asked, ['ls-tree', '-d', commit, '--', project])) !== '')
      return;
  throw wrongUsage('no-project', { path: project });
}

async function refuseUnsaid(
  { context, gitDir }: Receiving,
  read: readonly Rules[],
  line: PushedRef,
): Promise<void> {
  const [first] = read;
  if (first === undefined || read.some(({ isSaid }) => isSaid)) return;
  const guarded = first.config.DEPLOY_BRANCH;
  const branch = looksLive([line], guarded);
  if (branch !== undefined && !(await exists(join(context.projectDir, '.env'))))
    throw refused('gate-unsaid', { folder: gitDir, guarded, branch });
}

/** The settings of a commit, and before them those of this machine. */
async function rulesIn({ context, options, gitDir, project }: Receiving, commit: string): Promise<Rules> {
  const asked = { env: context.env, projectDir: gitDir };
  const path = posix.join(project, sharedFileName);
  const listed = await askGit(asked, ['ls-tree', '-z', commit, '--', path]);
  const sha = /^\d+ blob ([0-9a-f]+)\t/.exec(listed)?.[1];
  const text = sha === undefined ? undefined : await askGit(asked, ['cat-file', 'blob', sha]);
  const shared = text === undefined ? undefined : { text, path: `${commit.slice(0, 12)}:${path}` };
  const folder = folderOfRecords(context.projectDir);
  return {
    commit,
    config: settingsOfCommit(folder, shared, options, context.env),
    isSaid: text !== undefined,
  };
}

/** Commits are read in the repository; what is kept of rehearsals is in the folder of the project, where there is one. */
async function placesOf(
  { context, gitDir, project }: Receiving,
  { commit, config }: Rules,
): Promise<{ readonly repository: Context; readonly places: GatePlaces }> {
  const inCommit = (path: string): string => (isAbsolute(path) ? path : posix.join(project, path));
  const { GATE_ALLOWED_SIGNERS: signers, MIGRATIONS_DIR: folder } = config;
  const files = {
    MIGRATIONS_DIR: inCommit(folder),
    GATE_ALLOWED_SIGNERS: signers === undefined ? undefined : inCommit(signers),
  };
  const records = folderOfRecords((await exists(context.projectDir)) ? context.projectDir : gitDir);
  return {
    repository: { ...context, projectDir: gitDir, config: { ...config, ...files } },
    places: { remote: undefined, standing: commit, records: { ...context, projectDir: records, config } },
  };
}
