import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { stopIfInterrupted, type Context } from '../context.ts';
import { readStreamOf } from '../system/beneath.ts';
import { fileFailed, systemErrorCode, writeDurably } from '../system/files.ts';
import { exitText, stream } from '../system/processes.ts';
import { withTemporaryFolder } from '../system/temporary.ts';
import { verdictOf, type Verdict } from './gpgv-status.ts';
import type { Keyring } from './openpgp.ts';

/** What gpgv found out, and of which bytes. */
export interface Checked {
  readonly verdict: Verdict;
  /** Of what gpgv was given to read; undefined where it did not read to the end. */
  readonly sha256: string | undefined;
  /** What it said, for a verdict that says too little. */
  readonly output: string;
}

/**
 * Has gpgv check a detached signature. It knows the keys of the keyring and no others, starts no agent, uses no network, and
 * its home is a folder of ours: the user's own keyring and settings are neither read nor written. It reads the file from us,
 * so that the sum made here is of the bytes that it saw.
 *
 * @throws MajError `file-failed`, `program-failed`, `interrupted`
 */
export function checkWithGpgv(
  context: Pick<Context, 'env' | 'signal'>,
  program: string,
  { bytes, fingerprints }: Keyring,
  signature: Buffer,
  file: string,
): Promise<Checked> {
  return withTemporaryFolder('gpgv', async (home) => {
    const [keyFile, sigFile] = [join(home, 'keys.gpg'), join(home, 'signature')];
    await writeDurably(keyFile, bytes);
    await writeDurably(sigFile, signature);
    const args = ['--homedir', home, '--keyring', keyFile, '--status-fd', '1', sigFile, '-'];
    const gpgv = stream(context, program, args, { stdin: 'pipe', env: { LC_ALL: 'C' } });
    const status = text(gpgv.stdout);
    const hash = createHash('sha256');
    let whole = true;
    try {
      await pipeline(
        readStreamOf(file, 1 << 20),
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            stopIfInterrupted(context);
            hash.update(chunk);
            yield chunk;
          }
        },
        gpgv.stdin,
      );
    } catch (error) {
      // It ended before it had read everything: how it ended says why.
      whole = !['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(systemErrorCode(error) ?? '');
      if (whole) {
        await gpgv.exited;
        throw error instanceof Error && 'syscall' in error ? fileFailed(file, 'read', error) : error;
      }
    }
    const exit = await gpgv.exited;
    const verdict = verdictOf(await status, fingerprints);
    const sound = verdict.kind !== 'sound' || exit.code === 0;
    return {
      verdict: sound ? verdict : { kind: 'unchecked' },
      sha256: whole ? hash.digest('hex') : undefined,
      output: gpgv.stderrTail() === '' ? exitText(exit) : gpgv.stderrTail(),
    };
  });
}
