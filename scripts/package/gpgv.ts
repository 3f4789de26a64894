import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { stopIfInterrupted, type Context } from '../core/context.ts';
import { readStreamOf } from '../system/symlink-safe-fs.ts';
import { fileFailed, systemErrorCode, writeDurably } from '../system/files.ts';
import { exitText, stream } from '../system/process/processes.ts';
import { withTemporaryFolder } from '../system/temporary.ts';
import type { Keyring } from './openpgp.ts';

/** What gpgv found out, and of which bytes. */
interface Checked {
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

/** What gpgv found out about a signature. */
type Verdict =
  | { readonly kind: 'sound'; readonly fingerprint: string; readonly userId: string }
  | { readonly kind: 'expired' | 'key-expired' | 'key-revoked'; readonly userId: string }
  | { readonly kind: 'other-key'; readonly found: string }
  | { readonly kind: 'weak'; readonly digest: string }
  | { readonly kind: 'wrong' | 'several' | 'of-text' | 'unchecked' };

/** By the numbers of RFC 9580, 9.5. Whatever is not among these is too weak, or not known. */
const strongDigests: readonly string[] = ['8', '9', '10', '12', '14'];
const weakDigests: ReadonlyMap<string, string> = new Map([
  ['1', 'MD5'],
  ['2', 'SHA-1'],
  ['3', 'RIPEMD-160'],
  ['11', 'SHA-224'],
]);

/** There is exactly one of these for each signature. */
const outcomes: readonly string[] = ['GOODSIG', 'BADSIG', 'EXPSIG', 'EXPKEYSIG', 'REVKEYSIG', 'ERRSIG'];
/** The reason of ERRSIG that says that the key is not in the keyring. */
const noPublicKey = '9';
/** A signature of the bytes as they are; 01 is of text, whatever its line ends are. */
const ofBytes = '00';

/**
 * What the status lines of gpgv say: pure. They are told in doc/DETAILS of GnuPG. VALIDSIG alone says too little: it comes
 * for expired and revoked keys, too.
 *
 * @param fingerprints of the primary keys that may have signed
 */
export function verdictOf(status: string, fingerprints: readonly string[]): Verdict {
  const lines = status.split('\n').flatMap((line) => {
    const [, keyword, rest = ''] = /^\[GNUPG:\] (\w+)(?: (.*))?$/.exec(line) ?? [];
    return keyword === undefined ? [] : [{ keyword, rest }];
  });
  const of = (...keywords: readonly string[]): typeof lines =>
    lines.filter(({ keyword }) => keywords.includes(keyword));
  const [outcome, ...more] = of(...outcomes);
  if (more.length > 0 || of('NEWSIG').length > 1) return { kind: 'several' };
  if (outcome === undefined) return { kind: 'unchecked' };
  const userId = unescaped(outcome.rest.replace(/^\S+ ?/, ''));
  switch (outcome.keyword) {
    case 'GOODSIG':
      return goodVerdict(of('VALIDSIG')[0]?.rest ?? '', userId, fingerprints);
    case 'BADSIG':
      return { kind: 'wrong' };
    case 'EXPSIG':
      return { kind: 'expired', userId };
    case 'EXPKEYSIG':
      return { kind: 'key-expired', userId };
    case 'REVKEYSIG':
      return { kind: 'key-revoked', userId };
    default:
      return errorVerdict(outcome.rest);
  }
}

/** VALIDSIG: the fingerprint, date, time, expiry, version, nothing, algorithm, digest, class, the primary fingerprint. */
function goodVerdict(valid: string, userId: string, fingerprints: readonly string[]): Verdict {
  const [, , , , , , , digest = '', signatureClass, fingerprint = ''] = valid.split(' ');
  if (fingerprint === '') return { kind: 'unchecked' };
  if (!fingerprints.includes(fingerprint)) return { kind: 'other-key', found: fingerprint };
  if (!strongDigests.includes(digest)) return weak(digest);
  if (signatureClass !== ofBytes) return { kind: 'of-text' };
  return { kind: 'sound', fingerprint, userId };
}

/** ERRSIG: the key's id, algorithm, digest, class, time, the reason, the key's fingerprint or a dash. */
function errorVerdict(rest: string): Verdict {
  const [keyId = '', , digest = '', , , reason, fingerprint = '-'] = rest.split(' ');
  if (reason === noPublicKey) return { kind: 'other-key', found: fingerprint === '-' ? keyId : fingerprint };
  return weakDigests.has(digest) ? weak(digest) : { kind: 'unchecked' };
}

const weak = (digest: string): Verdict => ({
  kind: 'weak',
  digest: weakDigests.get(digest) ?? `digest number ${digest}`,
});

/** Control characters and % stand there as %XX. */
const unescaped = (text: string): string =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
