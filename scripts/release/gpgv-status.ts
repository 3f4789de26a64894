/** What gpgv found out about a signature. */
export type Verdict =
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
