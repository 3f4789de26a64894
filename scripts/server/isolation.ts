import { readFile, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import type { Context } from '../core/context.ts';
import { refused } from '../core/errors.ts';
import { processSpace, runsAsRoot } from '../system/process/identity.ts';
import { capture, findProgram } from '../system/process/processes.ts';

/** The users that no account has: what systemd gives to services for as long as they run, and to nothing else. */
export const transientUsers = { first: 61_184, last: 65_519 } as const;

/** What keeps a throwaway server from everything that is not its own. */
export interface Isolation {
  /** It becomes a user that nothing else is; the number is where the search for a free one begins. Undefined: it is ours. */
  readonly user: number | undefined;
  /** The words before its command that take the network from it; none where that cannot be. */
  readonly apart: readonly string[];
  /** Folders that only root may pass, on the way to the server's folder or its programs: opened for it alone. */
  readonly closed: readonly string[];
  /** Where its programs are, below one of these. */
  readonly programs: string | undefined;
}

/** As who runs maj, and with the network of this machine. */
export const asOurselves: Isolation = { user: undefined, apart: [], closed: [], programs: undefined };

/**
 * How a throwaway server is kept apart. Root's becomes another user; a network of its own, without any interface, it has
 * wherever the system lets us make one.
 *
 * @param folder the server's own, as a real path; `program` likewise
 * @throws MajError `throwaway-user` where root's could not become another user, or that one reach its files
 */
export async function isolationOf(
  context: Pick<Context, 'env'>,
  folder: string,
  program: string,
): Promise<Isolation> {
  const apart = runsAsRoot() ? ['unshare', '--net'] : ['unshare', '--user', '--map-current-user', '--net'];
  if (!(await canBecomeOthers())) {
    return (await canBeApart(context, apart)) ? { ...asOurselves, apart: [...apart, '--'] } : asOurselves;
  }
  if ((await findProgram(context, 'setpriv')) === undefined) throw refused('throwaway-user', {});
  const base = dirname(dirname(program));
  const onTheWay = { folder: await closedAbove(folder), programs: await closedAbove(program) };
  const closed = [onTheWay.folder, onTheWay.programs].filter((path) => path !== undefined);
  const isApart = await canBeApart(context, [...apart, '--mount']);
  if (closed[0] !== undefined && !isApart) throw refused('throwaway-user', { closed: closed[0] });
  return {
    user: Number.parseInt(processSpace(), 36) || 0,
    apart: isApart ? [...apart, ...(closed.length === 0 ? [] : ['--mount']), '--'] : [],
    closed: [...new Set(closed)],
    programs: onTheWay.programs !== undefined && isBelow(base, onTheWay.programs) ? base : undefined,
  };
}

/** Whether this process is root, and not of a container that knows no other users. */
async function canBecomeOthers(): Promise<boolean> {
  if (!runsAsRoot()) return false;
  const maps = ['/proc/self/uid_map', '/proc/self/gid_map'].map((path) => readFile(path, 'utf8'));
  return (await Promise.all(maps)).every(areMapped);
}

/** Whether a map of users, as /proc/self/uid_map has it, covers the transient ones: pure. */
const areMapped = (map: string): boolean =>
  map.split('\n').some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return first <= transientUsers.first && first + count > transientUsers.last;
  });

const asked = new Map<string, Promise<boolean>>();

/** Whether the system makes us namespaces; asked once. */
async function canBeApart(context: Pick<Context, 'env'>, words: readonly string[]): Promise<boolean> {
  const key = words.join(' ');
  const [program = '', ...args] = words;
  const answer =
    asked.get(key) ?? capture(context, program, [...args, '--', 'true']).then(({ code }) => code === 0);
  asked.set(key, answer);
  return answer;
}

/** The outermost folder on the way to a path that others than its owner may not pass. */
async function closedAbove(path: string): Promise<string | undefined> {
  const parent = dirname(path);
  if (parent === path) return undefined;
  const above = await closedAbove(parent);
  if (above !== undefined) return above;
  return ((await stat(parent)).mode & 0o001) === 0 ? parent : undefined;
}

const isBelow = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way !== '' && !way.startsWith('..');
};
