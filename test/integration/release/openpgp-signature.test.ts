import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { en } from '../../../scripts/messages/en/index.ts';
import { requiredKey, verifySignature } from '../../../scripts/package/signature.ts';
import { checkPackage, type PackageReport } from '../../../scripts/release/check-package.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { gpgWithHome, type Gpg } from '../../helpers/gpg.ts';
import { releaseEntries, writePackage } from '../../helpers/packages.ts';

/** Keys and signatures are made by the real gpg, and checked by the real gpgv. */

/** A packet of a version that there is not. */
const unknownSignature = Buffer.from([0x88, 2, 99, 0]);

let keys: string;
let folder: string;
let path: string;
let home: string;
let gpg: Gpg['gpg'];
let end: Gpg['end'] = () => undefined;

const owners = ['ours', 'other', 'expired', 'revoked', 'subkey'] as const;
const fingerprints = new Map<string, string>();

beforeAll(() => {
  keys = temporaryFolder('keys');
  ({ home, gpg, end } = gpgWithHome());
  for (const owner of owners) {
    const validFor = owner === 'expired' ? '10d' : 'never';
    // Early, so that what it signs may have expired by now.
    const made = ['--faked-system-time', '20200101T000000'];
    gpg(...made, '--quick-generate-key', `${owner} <${owner}@x.example>`, 'ed25519', 'sign', validFor);
    const listed = gpg('--with-colons', '--list-keys', owner).toString();
    fingerprints.set(owner, /^fpr:+(\w+):/m.exec(listed)?.[1] ?? '');
  }
  gpg('--quick-add-key', fingerprints.get('subkey') ?? '', 'ed25519', 'sign', 'never');
  for (const owner of owners) writeFileSync(join(keys, `${owner}.gpg`), gpg('--export', owner));
  writeFileSync(join(keys, 'ours.asc'), gpg('--armor', '--export', 'ours'));
  writeFileSync(join(keys, 'secret.asc'), gpg('--armor', '--export-secret-keys', 'ours'));
  writeFileSync(join(keys, 'two.gpg'), gpg('--export', 'other', 'ours'));
});

afterAll(() => end());

beforeEach(() => {
  folder = temporaryFolder('signed');
  path = writePackage(folder, 'app-1.1.0.tar.gz', releaseEntries('1.1.0'));
});

/** What gpg makes of the package. */
const made = (...words: readonly string[]): Buffer => gpg('--output', '-', ...words, path);
const signatureBy = (owner: string, ...words: readonly string[]): Buffer =>
  made('--local-user', owner, ...words, '--detach-sign');
const sign = (content: Buffer | string, suffix = '.asc'): void => writeFileSync(`${path}${suffix}`, content);

const contextWith = (keyFile: string, env: Readonly<Record<string, string>> = {}): TestContext =>
  testContext({
    projectDir: keys,
    config: { UPDATE_PUBLIC_KEY: keyFile },
    env: { ...process.env, ...env },
  });
const check = (keyFile = 'ours.gpg'): Promise<PackageReport> => checkPackage(contextWith(keyFile), path);

async function codeOf(work: Promise<unknown>): Promise<string> {
  const failure = await failureOf(work);
  return `${failure.code} ${failure.exitCode}`;
}

describe('is sound', () => {
  it.each([
    ['in armour, by a key in armour', 'ours', ['--armor'], '.asc', 'ours.asc'],
    ['in bytes, by a key in bytes', 'ours', [], '.sig', 'ours.gpg'],
    ['in bytes under the name of armour', 'ours', [], '.asc', 'ours.gpg'],
    ['by one of two keys', 'ours', [], '.sig', 'two.gpg'],
    ['by a subkey, under the name of its key', 'subkey', [], '.sig', 'subkey.gpg'],
  ])('a signature %s', async (_, owner, words, suffix, keyFile) => {
    sign(signatureBy(owner, ...words), suffix);
    const report = await check(keyFile);
    const keyId = fingerprints.get(owner);
    const userId = `${owner} <${owner}@x.example>`;
    expect(report.signedBy).toEqual({ keyId, trustedComment: null, userId });
    expect(en.results.release.packageSound(report).join('\n')).toContain(
      `Signed by the key ${keyId ?? ''} of "${userId}".`,
    );
  });
});

describe('is refused', () => {
  it.each<[string, string, () => void, string?]>([
    [
      'of another package',
      'signature-wrong 4',
      () => {
        sign(signatureBy('ours'));
        writePackage(folder, 'app-1.1.0.tar.gz', releaseEntries('1.1.0', { a: 'evil' }));
      },
    ],
    [
      'that was changed',
      'signature-wrong 4',
      () => {
        const content = signatureBy('ours');
        content.writeUInt8(content.readUInt8(content.length - 1) ^ 1, content.length - 1);
        sign(content);
      },
    ],
    ['by another key', 'signature-other-key 4', () => sign(signatureBy('other'))],
    [
      'by a key that has expired',
      'signature-key-expired 4',
      () => sign(signatureBy('expired', '--faked-system-time', '20200102T000000')),
      'expired.gpg',
    ],
    [
      'by a key that was revoked',
      'signature-key-revoked 4',
      () => {
        sign(signatureBy('revoked'));
        writeFileSync(join(keys, 'revoked.gpg'), revokedKey());
      },
      'revoked.gpg',
    ],
    [
      'that has expired',
      'signature-expired 4',
      () => sign(signatureBy('ours', '--faked-system-time', '20200102T000000', '--default-sig-expire', '5d')),
    ],
    ['by SHA-1', 'signature-weak 4', () => sign(signatureBy('ours', '--digest-algo', 'SHA1'))],
    ['of text', 'signature-of-text 4', () => sign(signatureBy('ours', '--textmode'))],
    [
      'beside another one',
      'signature-several 4',
      () => sign(Buffer.concat([signatureBy('ours'), signatureBy('other')])),
    ],
    [
      'in a second block',
      'signature-several 4',
      () => sign(Buffer.concat([signatureBy('ours', '--armor'), signatureBy('other', '--armor')])),
    ],
    ['that is a signed message', 'signature-of-message 4', () => sign(made('-u', 'ours', '--sign'))],
    ['that is one in armour', 'signature-of-message 4', () => sign(made('-u', 'ours', '--armor', '--sign'))],
    [
      'that is a message which is not packed',
      'signature-of-message 4',
      () => sign(made('-u', 'ours', '-z', '0', '--sign')),
    ],
    ['that is signed text', 'signature-of-message 4', () => sign(made('-u', 'ours', '--clearsign'))],
    ['that is cut off', 'signature-unreadable 4', () => sign(signatureBy('ours').subarray(0, -1))],
    ['that is empty', 'signature-unreadable 4', () => sign('')],
    ['that is a page', 'signature-unreadable 4', () => sign('<html>not found</html>\n')],
    ['that is a key', 'signature-unreadable 4', () => copyFileSync(join(keys, 'ours.gpg'), `${path}.asc`)],
    ['that gpgv cannot read', 'signature-unchecked 4', () => sign(unknownSignature)],
    ['that is not there', 'signature-missing 3', () => undefined],
    ['of minisign, where OpenPGP is asked for', 'signature-missing 3', () => sign('x', '.minisig')],
  ])('a signature %s: %s', async (_, code, prepare, keyFile = 'ours.gpg') => {
    prepare();
    expect(await codeOf(check(keyFile))).toBe(code);
  });

  it.each([
    ['a secret key', 'secret.asc'],
    ['a file that is not there', 'nowhere.asc'],
    ['a signature', 'signature.asc'],
  ])('a key that is %s', async (_, keyFile) => {
    writeFileSync(join(keys, 'signature.asc'), signatureBy('ours', '--armor'));
    sign(signatureBy('ours'));
    expect(await codeOf(check(keyFile))).toBe('public-key-invalid 2');
  });

  it('a key that everybody may put another in the place of', async () => {
    sign(signatureBy('ours'));
    const open = join(keys, 'open.gpg');
    copyFileSync(join(keys, 'ours.gpg'), open);
    chmodSync(open, 0o666);
    expect(await codeOf(check('open.gpg'))).toBe('project-of-another 2');
  });

  it('a key of OpenPGP where there is no gpgv, before anything is read', async () => {
    const context = contextWith('ours.gpg', { PATH: keys });
    expect(await codeOf(checkPackage(context, path))).toBe('gpgv-missing 3');
  });

  it('a package that is another one by the time gpgv reads it', async () => {
    sign(signatureBy('ours'));
    const context = contextWith('ours.gpg');
    const key = await requiredKey(context);
    if (key === undefined) throw new Error('no key');
    const hashed = { file: path, bytes: 1, sha256: '0'.repeat(64), blake2b512: Buffer.alloc(0) };
    expect(await codeOf(verifySignature(context, key, hashed))).toBe('package-changed 3');
  });
});

it('the keyring and the settings of the user are not asked, and nothing is left there', async () => {
  sign(signatureBy('ours'));
  const usersHome = temporaryFolder('home');
  writeFileSync(join(usersHome, 'trustedkeys.gpg'), readFileSync(join(keys, 'ours.gpg')));
  const context = contextWith('other.gpg', { HOME: usersHome, GNUPGHOME: usersHome });
  expect(await codeOf(checkPackage(context, path))).toBe('signature-other-key 4');
  expect(readdirSync(usersHome)).toEqual(['trustedkeys.gpg']);
});

it('a large package is read to its end, unless gpgv ends before', async () => {
  writePackage(
    folder,
    'app-1.1.0.tar.gz',
    releaseEntries('1.1.0', { big: randomBytes(3_000_000).toString('base64') }),
  );
  sign(signatureBy('ours'));
  expect((await check()).signedBy?.keyId).toBe(fingerprints.get('ours'));
  sign(unknownSignature);
  expect(await codeOf(check())).toBe('signature-unchecked 4');
});

/** By the certificate that gpg made together with the key; a colon keeps it from being used unawares. */
function revokedKey(): Buffer {
  const written = join(home, 'openpgp-revocs.d', `${fingerprints.get('revoked') ?? ''}.rev`);
  const certificate = join(keys, 'revoked.rev');
  writeFileSync(certificate, readFileSync(written, 'utf8').replace(/^:-----/m, '-----'));
  gpg('--import', certificate);
  return gpg('--export', 'revoked');
}
