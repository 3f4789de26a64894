import { randomBytes } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import * as v from 'valibot';
import { fileFailed, systemErrorCode, writeDurably } from '../system/files.ts';
import { identitySchema } from '../system/identity.ts';

const lockSchema = v.object({
  verb: v.string(),
  since: v.string(),
  holder: identitySchema,
  /** Makes each lock's content its own. */
  nonce: v.optional(v.string()),
});

/** Who holds a lock. */
export type LockHolder = v.InferOutput<typeof lockSchema>;

/**
 * Makes a lock that is never there without its content: another run would take it for one that was cut off.
 *
 * @returns false when there is one already, or another run has swept ours
 * @throws MajError `file-failed`
 */
export async function createExclusively(path: string, holder: LockHolder): Promise<boolean> {
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
export function holderIn(text: string): LockHolder | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), lockSchema), text);
  return parsed.success ? parsed.output : undefined;
}
