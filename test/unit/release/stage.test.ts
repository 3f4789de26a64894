import { describe, expect, it } from 'vitest';
import { MajError } from '../../../scripts/errors.ts';
import { checkVersion } from '../../../scripts/release/stage.ts';

function refusal(version: string, installed: string | null, wanted?: string): string {
  try {
    checkVersion(version, installed, wanted);
    return 'ok';
  } catch (error) {
    return error instanceof MajError ? error.code : String(error);
  }
}

describe('the version of a package', () => {
  it.each<[string, string | null, string | undefined, string]>([
    ['1.1.0', '1.0.0', undefined, 'ok'],
    ['1.1.0', '1.0.0', '1.1.0', 'ok'],
    ['1.1.0', null, undefined, 'ok'],
    ['1.1.0', 'v1.0.0', undefined, 'ok'],
    ['1.1.0', '1.1.0-rc.1', undefined, 'ok'],
    ['1.1.0', '1.0.0', '1.2.0', 'version-other'],
    ['1.0.0', '1.0.0', undefined, 'version-same'],
    ['1.0.0', '1.1.0', undefined, 'version-older'],
    ['1.1.0-rc.1', '1.1.0', undefined, 'version-older'],
    ['1.1.0', 'trunk', undefined, 'installed-version-invalid'],
  ])('%s over %s, %s asked for: %s', (version, installed, wanted, expected) => {
    expect(refusal(version, installed, wanted)).toBe(expected);
  });
});
