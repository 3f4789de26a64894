import { expect, it } from 'vitest';
import { chooseAsset } from '../../../scripts/release/github.ts';

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
