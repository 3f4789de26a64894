import { expect, it } from 'vitest';
import { healthStrength } from '../../../scripts/application/health.ts';

const url = 'http://localhost/health';

it.each([
  [undefined, undefined, 'not-set'],
  [undefined, 'ok', 'not-set'],
  [url, undefined, 'weak'],
  [url, 'ok', 'no-version'],
  [url, 'ok {version}', 'whole'],
])('a health check of %s for %s tells: %s', (APP_HEALTH_URL, APP_HEALTH_TEXT, strength) => {
  expect(healthStrength({ APP_HEALTH_URL, APP_HEALTH_TEXT })).toBe(strength);
});
