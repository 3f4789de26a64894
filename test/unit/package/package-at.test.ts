import { expect, it } from 'vitest';
import { packageAt } from '../../../scripts/package/find.ts';

it.each([
  ['https://x.example/v1/app-1.0.0.tgz', 'app-1.0.0.tgz'],
  ['https://x.example/app-1.0.0%2Bb1.tgz', 'app-1.0.0+b1.tgz'],
  ['https://x.example/app.tgz?key=a/b', 'app.tgz'],
  ['https://x.example/..%2F..%2Fapp.tgz', '..%2F..%2Fapp.tgz'],
  ['https://x.example/100%app.tgz', '100%app.tgz'],
])('the package at %s becomes the file %s, in its folder', (url, name) => {
  const remote = packageAt(url, undefined);
  expect([remote.name, ...remote.sums.map((sum) => sum.name)]).toEqual([
    name,
    `${name}.sha256`,
    'SHA256SUMS',
  ]);
});

it('its sum and signature are beside it, asked for in the same way', () => {
  const remote = packageAt('https://x.example/a/b.tgz?key=1', 'token');
  expect(remote.sums.map(({ request }) => request)).toEqual([
    { url: 'https://x.example/a/b.tgz.sha256?key=1', token: 'token' },
    { url: 'https://x.example/a/SHA256SUMS?key=1', token: 'token' },
  ]);
  expect(remote.signatures).toEqual(
    ['.minisig', '.asc', '.sig'].map((suffix) => ({
      suffix,
      request: { url: `https://x.example/a/b.tgz${suffix}?key=1`, token: 'token' },
    })),
  );
});
