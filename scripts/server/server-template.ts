import { createHash, randomBytes } from 'node:crypto';
import { lstat, readdir, realpath, rename, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { endedBySignal, stopIfInterrupted, type Context } from '../core/context.ts';
import { MajError, refused } from '../core/errors.ts';
import { exists, makePrivateFolder, remove } from '../system/files.ts';
import { isAlive, ownIdentity } from '../system/process/identity.ts';
import { signalGroup } from '../system/process/process-group.ts';
import { stream } from '../system/process/processes.ts';
import type { ServerPrograms } from './programs.ts';
import { initialiseCommand, type ServerLikeness } from './server-options.ts';

/** Changes when the way that templates are made does, so that older ones are not used. */
const layout = 1;

type TemplateContext = Pick<Context, 'env' | 'signal'>;

/**
 * The folder of an initialised, stopped server of this version, to be copied: making one takes seconds, copying it a
 * tenth of one. It is made the first time, and appears by rename: whoever works at the same time sees all of it or
 * nothing.
 *
 * @throws MajError `throwaway-failed` with the server's own words
 */
export async function serverTemplate(
  context: TemplateContext,
  programs: ServerPrograms,
  likeness: ServerLikeness,
): Promise<string> {
  const folder = await cacheFolder(context);
  const template = join(folder, await keyOf(programs, likeness));
  if (await exists(template)) return template;
  await sweepPartial(folder);
  const partial = join(folder, `partial-${ownIdentity().pid}-${randomBytes(4).toString('hex')}`);
  try {
    await initialise(context, programs, partial, likeness);
    await takePlace(join(partial, 'data'), template);
  } finally {
    await remove(partial);
  }
  return template;
}

async function initialise(
  context: TemplateContext,
  programs: ServerPrograms,
  folder: string,
  likeness: ServerLikeness,
): Promise<void> {
  const { program, args } = initialiseCommand(programs, join(folder, 'data'), likeness);
  // A server that starts removes what looks like left-over temporary tables from its temporary folder, another
  // server's too.
  const temporary = join(folder, 'tmp');
  await makePrivateFolder(temporary);
  // Begun for nothing, it would be nobody's to end.
  stopIfInterrupted(context);
  const child = stream(context, program, args, { env: { TMPDIR: temporary } });
  // MariaDB's is a script that starts the server.
  const stop = (): void => signalGroup(child.pid, 'SIGKILL');
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-4096);
  });
  const exit = await endedBySignal(context, stop, () => child.exited);
  stopIfInterrupted(context);
  if (exit.code === 0) return;
  const words = lastLines(`${printed}\n${child.stderrTail()}`);
  throw refused('throwaway-failed', { server: programs.text, doing: 'set-up', words });
}

/** The last dozen lines that say something. */
export function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-12).join('\n');
}

async function takePlace(partial: string, template: string): Promise<void> {
  try {
    await rename(partial, template);
  } catch (error) {
    // Another process was faster; its template is as good as ours.
    if (!(await exists(template))) throw error;
  }
}

/** The path and time of the program are part of it: two builds of one version need not understand each other. */
async function keyOf(programs: ServerPrograms, likeness: ServerLikeness): Promise<string> {
  const path = await realpath(programs.server);
  const changed = (await stat(path)).mtimeMs;
  const parts = [layout, path, changed, likeness.lowerCaseTableNames ?? ''];
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
  return `${programs.flavour}-${programs.version}-${hash}`;
}

/** The cache of this user; where there is none that can be written, a folder in the temporary one. */
async function cacheFolder(context: Pick<Context, 'env'>): Promise<string> {
  const { XDG_CACHE_HOME: cache, HOME: home } = context.env;
  const base = [cache, home === undefined ? undefined : join(home, '.cache')].find(
    // mariadb-install-db is a shell script that does not quote its arguments.
    (path) => path !== undefined && isAbsolute(path) && !/[\s"'$`\\*?[]/.test(path),
  );
  const shared = join(tmpdir(), `maj-kit-${userInfo().uid}`);
  for (const folder of [...(base === undefined ? [] : [join(base, 'maj-kit')]), shared]) {
    try {
      await makePrivateFolder(folder);
      if (await isOursAlone(folder)) return folder;
    } catch (error) {
      if (!(error instanceof MajError) || folder === shared) throw error;
    }
  }
  throw refused('cache-not-private', { path: shared });
}

/** Anyone may make a folder of that name in the temporary one, and fill it with a server of their own. */
async function isOursAlone(folder: string): Promise<boolean> {
  const found = await lstat(folder);
  return found.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o077) === 0;
}

/** Removes what processes that are gone left half-made. */
async function sweepPartial(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = /^partial-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) await remove(join(folder, name));
  }
}
