import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { en } from '../../../scripts/messages/en/index.ts';
import { checkPackage, type PackageReport } from '../../../scripts/release/check-package.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { minisign } from '../../helpers/minisign.ts';
import { releaseEntries, writePackage } from '../../helpers/packages.ts';

/** Signatures are made by the real minisign. */

let keys: string;
let folder: string;
let path: string;
let publicKey: string;

beforeAll(() => {
  keys = temporaryFolder('keys');
  for (const name of ['ours', 'other'])
    minisign('-G', '-W', '-p', join(keys, `${name}.pub`), '-s', join(keys, `${name}.key`));
  publicKey = readFileSync(join(keys, 'ours.pub'), 'utf8').split('\n')[1] ?? '';
});

beforeEach(() => {
  folder = temporaryFolder('signed');
  path = writePackage(folder, 'app-1.1.0.tar.gz', releaseEntries('1.1.0'));
});

const sign = (key = 'ours', ...more: readonly string[]): string =>
  minisign('-S', '-s', join(keys, `${key}.key`), '-m', path, '-t', 'released by us', ...more);

const check = (key = publicKey): Promise<PackageReport> =>
  checkPackage(testContext({ projectDir: keys, config: { UPDATE_PUBLIC_KEY: key } }), path);

async function codeOf(work: Promise<unknown>): Promise<string> {
  const failure = await failureOf(work);
  return `${failure.code} ${failure.exitCode}`;
}

/** Writes the package and its sum anew, leaving the signature alone. */
const replacePackage = (): string =>
  writePackage(folder, 'app-1.1.0.tar.gz', releaseEntries('1.1.0', { a: 'evil' }));

const changeLine = (number: number, change: (line: string) => string): void => {
  const lines = readFileSync(`${path}.minisig`, 'utf8').split('\n');
  lines[number] = change(lines[number] ?? '');
  writeFileSync(`${path}.minisig`, lines.join('\n'));
};

describe.each([
  ['of the sum', ['-H']],
  ['of the old kind', ['-l']],
])('a signature %s', (_, how) => {
  it('is checked, and its trusted comment shown', async () => {
    sign('ours', ...how);
    const report = await check();
    expect(report.signedBy?.trustedComment).toBe('released by us');
    const id = /key ([0-9A-F]{1,16})/.exec(readFileSync(join(keys, 'ours.pub'), 'utf8'))?.[1] ?? '?';
    expect(report.signedBy?.keyId).toBe(id.padStart(16, '0'));
    expect(en.results.release.packageSound(report).join('\n')).toContain('with the words "released by us"');
  });

  it('is of no other package', async () => {
    sign('ours', ...how);
    replacePackage();
    expect(await codeOf(check())).toBe('signature-wrong 4');
  });

  it('is of no other trusted comment', async () => {
    sign('ours', ...how);
    changeLine(2, () => 'trusted comment: released by you');
    expect(await codeOf(check())).toBe('signature-comment-wrong 4');
  });

  it('is by no other key', async () => {
    sign('other', ...how);
    expect(await codeOf(check())).toBe('signature-other-key 4');
  });

  it('that was forged under the name of our key is found out', async () => {
    sign('other', ...how);
    // The two letters and the id of our key, and the signature of the other.
    const ours = Buffer.from(publicKey, 'base64').subarray(2, 10);
    changeLine(1, (line) => {
      const bytes = Buffer.from(line, 'base64');
      ours.copy(bytes, 2);
      return bytes.toString('base64');
    });
    expect(await codeOf(check())).toBe('signature-wrong 4');
  });
});

it('a package that is not signed is refused once there is a key, and only then', async () => {
  expect((await checkPackage(testContext(), path)).signedBy).toBeNull();
  expect(await codeOf(check())).toBe('signature-missing 3');
});

it.each([
  ['nothing', ''],
  ['two lines', 'untrusted comment: x\nRUQ=\n'],
  ['a page', '<html>not found</html>\n'],
])('a signature that is %s is refused', async (_, text) => {
  writeFileSync(`${path}.minisig`, text);
  expect(await codeOf(check())).toBe('signature-unreadable 4');
});

it('a line more than a signature has makes it none', async () => {
  sign();
  appendFileSync(`${path}.minisig`, 'trusted comment: more\n');
  expect(await codeOf(check())).toBe('signature-unreadable 4');
});

it('the key may be a file, relative to the project', async () => {
  sign();
  expect((await check('ours.pub')).signedBy?.trustedComment).toBe('released by us');
  expect(await codeOf(check('other.pub'))).toBe('signature-other-key 4');
});

it('a key that is none is wrong usage: a secret key, a mistyped one, a file that is not there', async () => {
  sign();
  copyFileSync(join(keys, 'ours.key'), join(keys, 'wrong.pub'));
  expect(await codeOf(check('wrong.pub'))).toBe('public-key-invalid 2');
  expect(await codeOf(check(publicKey.slice(1)))).toBe('public-key-invalid 2');
  expect(await codeOf(check('nowhere.pub'))).toBe('public-key-invalid 2');
});

it('a wrong sum is a wrong sum, signed or not', async () => {
  sign();
  rmSync(`${path}.sha256`);
  expect(await codeOf(check())).toBe('package-sum-missing 3');
  writeFileSync(`${path}.sha256`, `${'0'.repeat(64)}\n`);
  expect(await codeOf(check())).toBe('package-sum-wrong 4');
});

it('minisign itself agrees with what is checked here', () => {
  sign();
  const verify = (): string =>
    execFileSync('minisign', ['-V', '-P', publicKey, '-m', path], { encoding: 'utf8' });
  expect(verify()).toContain('Trusted comment: released by us');
});
