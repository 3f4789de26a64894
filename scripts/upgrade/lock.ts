import { randomBytes } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { stateDir } from '../config/require.ts';
import type { Context } from '../context.ts';
import { locked } from '../errors.ts';
import {
  fileFailed,
  makePrivateFolder,
  readIfThere,
  systemErrorCode,
  writeDurably,
} from '../system/files.ts';
import { fateOf, identitySchema, ownIdentity } from '../system/identity.ts';
import { sweepTemporaryFolders } from '../system/temporary.ts';

const lockSchema = v.object({ verb: v.string(), since: v.string(), holder: identitySchema });

/** Who holds the lock of a project. */
type LockHolder = v.InferOutput<typeof lockSchema>;

/**
 * Does a piece of work as the only run of this project. The lock is a file that names its holder, so that a dead
 * run's lock can be told from a live one's and taken over; a lock is only ever removed by its holder.
 *
 * @throws MajError `locked` while another run on this host, or a run on another host, holds it
 */
export async function withLock<T>(context: Context, verb: string, work: () => Promise<T>): Promise<T> {
  const path = lockPath(context);
  await makePrivateFolder(stateDir(context));
  await acquire(context, path, verb);
  try {
    await sweepTemporaryFolders(context.clock.now());
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

const lockPath = (context: Pick<Context, 'projectDir'>): string => join(stateDir(context), 'lock');

async function acquire(context: Context, path: string, verb: string): Promise<void> {
  const mine: LockHolder = { verb, since: context.clock.now().toISOString(), holder: ownIdentity() };
  if (await createExclusively(path, mine)) return;
  const other = await readHolder(path);
  const fate = other === undefined ? 'dead' : fateOf(other.holder);
  if (other !== undefined && fate !== 'dead') {
    const { pid, host } = other.holder;
    throw locked('locked', { verb: other.verb, since: other.since, pid, host, fate, path });
  }
  if (!(await takeOver(path, other, mine))) throw locked('locked-meanwhile', { path });
}

/**
 * Replaces the lock of a dead holder. A second file guards it: of two runs that saw the same dead holder, one must
 * not remove the lock that the other has just made.
 */
async function takeOver(path: string, dead: LockHolder | undefined, mine: LockHolder): Promise<boolean> {
  const guard = `${path}.takeover`;
  if (!(await createExclusively(guard, mine))) throw locked('locked-meanwhile', { path: guard });
  try {
    const current = await readHolder(path);
    if (JSON.stringify(current) !== JSON.stringify(dead)) return false;
    await rm(path, { force: true });
    return await createExclusively(path, mine);
  } finally {
    await rm(guard, { force: true });
  }
}

/** Makes a lock that is never there without its content: another run would take it for one that was cut off. */
async function createExclusively(path: string, holder: LockHolder): Promise<boolean> {
  const whole = `${path}.${holder.holder.pid}-${randomBytes(4).toString('hex')}`;
  await writeDurably(whole, JSON.stringify(holder));
  try {
    await link(whole, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw fileFailed(path, 'written', error);
  } finally {
    await rm(whole, { force: true });
  }
}

/** The holder that a lock file names; undefined when it is gone, or damaged. */
async function readHolder(path: string): Promise<LockHolder | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), lockSchema), text);
  return parsed.success ? parsed.output : undefined;
}
