import { join } from 'node:path';
import type { Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import { writeDurably } from '../files.ts';
import { withTemporaryFolder } from '../temporary.ts';
import { capture, findProgram, type Captured } from './processes.ts';

type RunContext = Pick<Context, 'env'>;

/** What a signature says of some bytes, by a file of allowed signers (ssh-keygen(1), ALLOWED SIGNERS). */
export type SignatureState =
  | { readonly kind: 'good'; readonly by: string }
  /** Sound, but of a key that is not in the file, or that it does not allow for this, or not any more. */
  | { readonly kind: 'foreign'; readonly key: string; readonly why: string }
  /** None, or one of other bytes. */
  | { readonly kind: 'wrong' };

/**
 * Refuses to go on without ssh-keygen.
 *
 * @throws MajError `ssh-keygen-missing`
 */
export async function requireSshKeygen(context: RunContext): Promise<void> {
  if ((await findProgram(context, 'ssh-keygen')) === undefined) throw refused('ssh-keygen-missing', {});
}

/**
 * Signs bytes, as git signs commits by SSH keys (`ssh-keygen -Y sign`).
 *
 * @param key the path of the private key, or of the public one where an agent has the private one
 * @param namespace what the signature is for: it counts for nothing else
 */
export async function signBytes(
  context: RunContext,
  { key, namespace }: { readonly key: string; readonly namespace: string },
  bytes: string,
): Promise<{ readonly signature: string } | { readonly why: string }> {
  const run = await keygen(context, ['sign', '-n', namespace, '-f', key], bytes);
  return run.code === 0 ? { signature: run.stdout } : { why: reasonIn(run) };
}

/**
 * Checks a signature. The check itself stands or falls with `verify`; what else is asked tells who, or why not.
 *
 * @param allowed the text of the file of allowed signers
 */
export async function checkSignature(
  context: RunContext,
  { namespace, allowed }: { readonly namespace: string; readonly allowed: string },
  { bytes, signature }: { readonly bytes: string; readonly signature: string },
): Promise<SignatureState> {
  return withTemporaryFolder('sig', async (folder) => {
    const [sig, signers] = [join(folder, 'sig'), join(folder, 'signers')];
    await writeDurably(sig, signature);
    await writeDurably(signers, allowed);
    const found = await keygen(context, ['find-principals', '-s', sig, '-f', signers]);
    const name = ['-n', namespace, '-s', sig];
    // Of a key that stands in several lines ssh-keygen takes the first.
    const [by] = found.code === 0 ? found.stdout.trim().split('\n') : [];
    const verified =
      by === undefined ? found : await keygen(context, ['verify', ...name, '-I', by, '-f', signers], bytes);
    if (by !== undefined && verified.code === 0) return { kind: 'good', by };
    // Whether it is one of these bytes at all, by whatever key.
    const sound = await keygen(context, ['check-novalidate', ...name], bytes);
    if (sound.code !== 0) return { kind: 'wrong' };
    const key = / with (.*)$/m.exec(sound.stdout)?.[1] ?? '';
    return { kind: 'foreign', key, why: reasonIn(verified).replaceAll(signers, 'allowed signers') };
  });
}

/** It asks nobody: neither on a terminal, of which it has none, nor in a window. */
const keygen = (context: RunContext, words: readonly string[], input = ''): Promise<Captured> =>
  capture(context, 'ssh-keygen', ['-Y', ...words], {
    input,
    env: { SSH_ASKPASS_REQUIRE: 'never', DISPLAY: undefined, LC_ALL: 'C' },
  });

/** What it says in the end, without what it says to whoever has called it rightly. */
const reasonIn = ({ stderr }: Captured): string =>
  stderr
    .split('\n')
    .filter((line) => /\w/.test(line) && !line.startsWith('Signing data'))
    .join('; ');
