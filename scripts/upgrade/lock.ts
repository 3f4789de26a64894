import { createHash, randomBytes } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { checkOwnFolder, makeStateFolder } from '../config/own-folders.ts';
import { stateDir } from '../config/required-settings.ts';
import { orLeftOver, type Context } from '../core/context.ts';
import { locked } from '../core/errors.ts';
import { endUnfinishedTrial } from '../restore/trial/trial-mark.ts';
import { fileFailed, namesIn, readIfThere, systemErrorCode, writeDurably } from '../system/files.ts';
import { livenessOf, identitySchema, isAlive, ownIdentity, placeOf } from '../system/process/identity.ts';
import { sweepTemporaryFolders } from '../system/temporary.ts';

/**
 * Does a piece of work as the only run of this project. The lock is a file that names its holder, so that a dead
 * run's lock can be told from a live one's and taken over; a lock is only ever removed by its holder.
 *
 * @throws MajError `locked` while another run on this host, or a run elsewhere (host, container), holds it
 */
export async function withLock<T>(context: Context, verb: string, work: () => Promise<T>): Promise<T> {
  const path = join(stateDir(context), 'lock');
  checkOwnFolder(context, 'state', stateDir(context));
  await makeStateFolder(context);
  const mine = await acquire(context, path, verb);
  try {
    await sweep(path);
    await sweepTemporaryFolders(context.clock.now());
    await endUnfinishedTrial(context);
    return await work();
  } finally {
    // A lock that cannot be removed is soon a dead holder's.
    await orLeftOver(context, path, () => release(path, mine));
  }
}

/** Removes our lock: where it was removed by hand meanwhile, what stands there may be another run's. */
async function release(path: string, mine: LockHolder): Promise<void> {
  const text = await readIfThere(path);
  if (text !== undefined && holderIn(text)?.nonce === mine.nonce) await rm(path, { force: true });
}

/** A lock that is there and gone again each time is no lock of ours: a link that leads nowhere, for one. */
const mostTries = 20;

async function acquire(context: Context, path: string, verb: string): Promise<LockHolder> {
  const nonce = randomBytes(8).toString('hex');
  const since = context.clock.now().toISOString();
  const mine: LockHolder = { verb, since, holder: ownIdentity(), nonce };
  for (let tries = 0; tries < mostTries; tries += 1) {
    if (await createExclusively(path, mine)) return mine;
    const text = await readIfThere(path);
    // Its holder has ended in between. The next one to have it may be another run: there is nothing to remove.
    if (text === undefined) continue;
    refuseLiving(path, holderIn(text));
    if (await takeOver(path, text, mine)) return mine;
    break;
  }
  throw locked('locked-meanwhile', { path });
}

/** Refuses a lock whose holder lives, or may live; one that names none was cut off. */
function refuseLiving(path: string, other: LockHolder | undefined): void {
  if (other === undefined || livenessOf(other.holder) === 'dead') return;
  const { pid, host } = other.holder;
  const where = placeOf(other.holder);
  throw locked('locked', { verb: other.verb, since: other.since, pid, host, where, path });
}

/**
 * Replaces the lock of a dead holder. A second file guards it: of two runs that saw the same dead holder, one must
 * not remove the lock that the other has just made. It is named after what the lock holds, which no other lock ever
 * does, so that a guard whose own holder was killed is taken over in the same way, and guards nothing once that lock is
 * gone.
 */
async function takeOver(path: string, dead: string, mine: LockHolder): Promise<boolean> {
  const guards = await guard(path, dead, mine);
  try {
    const current = await readIfThere(path);
    if (current !== undefined) {
      if (current !== dead) return false;
      await rm(path, { force: true });
    }
    return await createExclusively(path, mine);
  } finally {
    for (const made of guards) await rm(made, { force: true });
  }
}

/**
 * Makes the guard of a dead lock, or that of the guard whose holder died over it, and so on.
 *
 * @param dead what the lock holds
 * @returns all of them: whoever has made the last one may remove them
 * @throws MajError `locked-meanwhile` when another run that lives has one
 */
async function guard(path: string, dead: string, mine: LockHolder): Promise<string[]> {
  const made: string[] = [];
  for (let guarded = dead; ;) {
    const sum = createHash('sha256').update(guarded).digest('hex');
    const name = `${path}.takeover-${sum.slice(0, 16)}`;
    made.push(name);
    if (await createExclusively(name, mine)) return made;
    const text = await readIfThere(name);
    const other = text === undefined ? undefined : holderIn(text);
    if (text === undefined || other === undefined || livenessOf(other.holder) !== 'dead')
      throw locked('locked-meanwhile', { path: name });
    guarded = text;
  }
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

const lockSchema = v.object({
  verb: v.string(),
  since: v.string(),
  holder: identitySchema,
  /** Makes each lock's content its own. */
  nonce: v.optional(v.string()),
});

/** Who holds a lock. */
type LockHolder = v.InferOutput<typeof lockSchema>;

/**
 * Makes a lock that is never there without its content: another run would take it for one that was cut off.
 *
 * @returns false when there is one already, or another run has swept ours
 * @throws MajError `file-failed`
 */
async function createExclusively(path: string, holder: LockHolder): Promise<boolean> {
  const whole = `${path}.${holder.holder.pid}-${randomBytes(4).toString('hex')}`;
  await writeDurably(whole, JSON.stringify(holder));
  try {
    await link(whole, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    // Swept: by a run that has the lock, and took its maker for dead, or the guard for one of a lock that is gone.
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw fileFailed(path, 'written', error);
  } finally {
    await rm(whole, { force: true });
  }
}

/** The holder that a lock names; undefined when it is damaged. */
function holderIn(text: string): LockHolder | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), lockSchema), text);
  return parsed.success ? parsed.output : undefined;
}
