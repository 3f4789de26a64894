import { createHash, randomBytes } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { stateDir } from '../config/require.ts';
import type { Context } from '../context.ts';
import { locked } from '../errors.ts';
import { orLeftOver } from '../left-over.ts';
import {
  fileFailed,
  makePrivateFolder,
  namesIn,
  readIfThere,
  systemErrorCode,
  writeDurably,
} from '../system/files.ts';
import { fateOf, identitySchema, isAlive, ownIdentity, placeOf } from '../system/identity.ts';
import { sweepTemporaryFolders } from '../system/temporary.ts';

const lockSchema = v.object({
  verb: v.string(),
  since: v.string(),
  holder: identitySchema,
  /** Makes each lock's content its own. */
  nonce: v.optional(v.string()),
});

/** Who holds the lock of a project. */
type LockHolder = v.InferOutput<typeof lockSchema>;

/**
 * Does a piece of work as the only run of this project. The lock is a file that names its holder, so that a dead
 * run's lock can be told from a live one's and taken over; a lock is only ever removed by its holder.
 *
 * @throws MajError `locked` while another run on this host, or a run elsewhere (host, container), holds it
 */
export async function withLock<T>(context: Context, verb: string, work: () => Promise<T>): Promise<T> {
  const path = lockPath(context);
  await makePrivateFolder(stateDir(context));
  await acquire(context, path, verb);
  try {
    await sweep(path);
    await sweepTemporaryFolders(context.clock.now());
    return await work();
  } finally {
    // A lock that cannot be removed is soon a dead holder's.
    await orLeftOver(context, path, () => rm(path, { force: true }));
  }
}

const lockPath = (context: Pick<Context, 'projectDir'>): string => join(stateDir(context), 'lock');

async function acquire(context: Context, path: string, verb: string): Promise<void> {
  const nonce = randomBytes(8).toString('hex');
  const since = context.clock.now().toISOString();
  const mine: LockHolder = { verb, since, holder: ownIdentity(), nonce };
  if (await createExclusively(path, mine)) return;
  const other = await readHolder(path);
  if (other !== undefined && fateOf(other.holder) !== 'dead') {
    const { pid, host } = other.holder;
    const where = placeOf(other.holder);
    throw locked('locked', { verb: other.verb, since: other.since, pid, host, where, path });
  }
  if (!(await takeOver(path, other, mine))) throw locked('locked-meanwhile', { path });
}

/**
 * Replaces the lock of a dead holder. A second file guards it: of two runs that saw the same dead holder, one must
 * not remove the lock that the other has just made. It is named after what the lock holds, which no other lock ever
 * does, so that a guard whose own holder was killed is taken over in the same way, and guards nothing once that lock is
 * gone.
 */
async function takeOver(path: string, dead: LockHolder | undefined, mine: LockHolder): Promise<boolean> {
  const guards = await guard(path, dead, mine);
  try {
    const current = await readHolder(path);
    if (JSON.stringify(current) !== JSON.stringify(dead)) return false;
    await rm(path, { force: true });
    return await createExclusively(path, mine);
  } finally {
    for (const made of guards) await rm(made, { force: true });
  }
}

/**
 * Makes the guard of a dead lock, or that of the guard whose holder died over it, and so on.
 *
 * @returns all of them: whoever has made the last one may remove them
 * @throws MajError `locked-meanwhile` when another run that lives has one
 */
async function guard(path: string, dead: LockHolder | undefined, mine: LockHolder): Promise<string[]> {
  const made: string[] = [];
  for (let guarded = dead; ;) {
    const name = guardOf(path, guarded);
    made.push(name);
    if (await createExclusively(name, mine)) return made;
    const other = await readHolder(name);
    if (other === undefined || fateOf(other.holder) !== 'dead')
      throw locked('locked-meanwhile', { path: name });
    guarded = other;
  }
}

function guardOf(path: string, guarded: LockHolder | undefined): string {
  const content = createHash('sha256').update(guarded === undefined ? '' : JSON.stringify(guarded));
  return `${path}.takeover-${content.digest('hex').slice(0, 16)}`;
}

/** Removes what runs that were killed while they took a lock have left; called by its holder. */
async function sweep(path: string): Promise<void> {
  const before = `${basename(path)}.`;
  for (const name of await namesIn(dirname(path))) {
    if (!name.startsWith(before)) continue;
    const left = join(dirname(path), name);
    const maker = /^(\d+)-/.exec(name.slice(before.length))?.[1];
    // A guard of a lock that is not there any more guards nothing; a file on its way may be another run's.
    const isOver = name.startsWith(`${before}takeover`) || (maker !== undefined && !isAlive(Number(maker)));
    if (isOver) await rm(left, { force: true });
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
