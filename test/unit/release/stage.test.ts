import { describe, expect, it } from 'vitest';
import { MajError } from '../../../scripts/core/errors.ts';
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
    ['6.4.1', '6.4', undefined, 'ok'],
    ['6.4.0', '6.4', undefined, 'version-same'],
    ['6.4', '6.3', '6.4.0', 'ok'],
    ['24.05', '24.11', undefined, 'version-older'],
    ['28.0.1.10', '28.0.1.9', undefined, 'ok'],
    ['8.0.0', '8.0.0rc1', undefined, 'ok'],
    ['2.0-beta2', '2.0', undefined, 'version-older'],
    ['1.1.0+8', '1.0.0', '1.1.0+7', 'ok'],
  ])('%s over %s, %s asked for: %s', (version, installed, wanted, expected) => {
    expect(refusal(version, installed, wanted)).toBe(expected);
  });
});

describe('a version that is no step forward', () => {
  it.each([
    ['1.0.0', { reinstall: true }, 'same'],
    ['1.0.0', { downgrade: true }, 'version-same'],
    ['0.9.0', { downgrade: true }, 'down'],
    ['0.9.0', { reinstall: true }, 'version-older'],
    ['1.1.0', { reinstall: true, downgrade: true }, 'up'],
    ['1.0.0-rc.1', { downgrade: true }, 'down'],
    ['1.0.0+build.2', { reinstall: true }, 'same'],
  ])('%s over 1.0.0, %j allowed: %s', (version, allow, expected) => {
    const judge = (): string => checkVersion(version, '1.0.0', undefined, allow);
    if (['up', 'same', 'down'].includes(expected)) expect(judge()).toBe(expected);
    else expect(judge).toThrow(expect.objectContaining({ code: expected }));
  });

  it('is still the one that was asked for, or refused', () => {
    const all = { reinstall: true, downgrade: true };
    expect(() => checkVersion('0.9.0', '1.0.0', '0.8.0', all)).toThrow(
      expect.objectContaining({ code: 'version-other' }),
    );
  });
});
