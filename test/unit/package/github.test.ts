import { expect, it } from 'vitest';
import { chooseAsset, remoteOf } from '../../../scripts/package/github.ts';
import { testContext } from '../../helpers/context.ts';

it.each([
  [['app-1.1.0.tar.gz'], ['app-1.1.0.tar.gz']],
  [['app-1.1.0.zip', 'app-1.1.0.tar.gz', 'app-1.1.0.tar.gz.sha256'], ['app-1.1.0.tar.gz']],
  [['app-1.1.0.zip', 'app-1.1.0.tar.zst'], ['app-1.1.0.tar.zst']],
  [['app.zip'], ['app.zip']],
  [['app.zip', 'app-1.1.0.zip'], ['app-1.1.0.zip']],
  [
    ['app.zip', 'docs.zip'],
    ['app.zip', 'docs.zip'],
  ],
  [
    ['app-1.1.0.zip', 'docs-1.1.0.zip'],
    ['app-1.1.0.zip', 'docs-1.1.0.zip'],
  ],
  [['app-1.1.0.exe', 'SHA256SUMS'], []],
  [['../app-1.1.0.zip', '.hidden-1.1.0.zip'], []],
])('of %j is chosen %j', (names, expected) => {
  expect(chooseAsset(names, '1.1.0')).toEqual(expected);
});

it('what is got of a release is known to be named by the answer of the API, not by the settings', () => {
  const api = 'https://github.example/api/v3';
  const context = testContext({ config: { UPDATE_GITHUB_API: api } });
  const beside = ['.sha256', '.minisig', '.asc', '.sig'].map((suffix) => `a-1.1.0.tar.gz${suffix}`);
  const assets = ['a-1.1.0.tar.gz', 'SHA256SUMS', ...beside].map((name) => ({
    name,
    url: `https://127.0.0.1/${name}`,
    state: 'uploaded',
  }));
  const remote = remoteOf(context, { repository: 'a/a', tag: 'v1.1.0', version: '1.1.0' }, assets, undefined);
  const requests = [remote, ...remote.sums, ...remote.signatures].map((one) =>
    'archive' in one ? one.archive : one.request,
  );
  expect(requests.map(({ url }) => new URL(url).pathname.slice(1)).sort()).toEqual(
    assets.map(({ name }) => name).sort(),
  );
  expect(new Set(requests.map(({ namedBy }) => namedBy))).toEqual(new Set([api]));
});
