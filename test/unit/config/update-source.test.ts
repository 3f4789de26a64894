import { expect, it } from 'vitest';
import { addressOfVersion, isRemote, parseUpdateSource } from '../../../scripts/config/update-source.ts';

it.each([
  ['/srv/packages', { kind: 'folder', path: '/srv/packages' }],
  ['packages', { kind: 'folder', path: 'packages' }],
  ['./git', { kind: 'folder', path: './git' }],
  ['https://x.example/{version}.tgz', { kind: 'url', template: 'https://x.example/{version}.tgz' }],
  ['http://127.0.0.1:80/{version}.tgz', { kind: 'url', template: 'http://127.0.0.1:80/{version}.tgz' }],
  ['http://localhost/{version}.tgz', { kind: 'url', template: 'http://localhost/{version}.tgz' }],
  ['http://x.example/{version}.tgz', undefined],
  ['http://127.0.0.1.example/{version}.tgz', undefined],
  ['https://x.example/app.tgz', undefined],
  ['https://user:password@x.example/{version}.tgz', undefined],
  ['ftp://x.example/{version}.tgz', undefined],
  ['github:acme/shop', { kind: 'github', owner: 'acme', name: 'shop' }],
  ['github:acme', undefined],
  ['github:acme/shop/x', undefined],
  ['git', { kind: 'git', repository: undefined }],
  ['git:/srv/shop.git', { kind: 'git', repository: '/srv/shop.git' }],
  ['git:../shop', { kind: 'git', repository: '../shop' }],
  ['git:https://x.example/shop.git', { kind: 'git', repository: 'https://x.example/shop.git' }],
  ['git:ssh://git@x.example/shop.git', { kind: 'git', repository: 'ssh://git@x.example/shop.git' }],
  ['git:git@x.example:shop.git', { kind: 'git', repository: 'git@x.example:shop.git' }],
  ['git:http://x.example/shop.git', undefined],
  ['git:https://user:password@x.example/shop.git', undefined],
  ['git:ext::sh -c touch% /tmp/x', undefined],
  ['git:--upload-pack=x', undefined],
  ['git:', undefined],
  ['', undefined],
])('UPDATE_SOURCE=%s is read', (text, expected) => {
  expect(parseUpdateSource(text)).toEqual(expected);
});

it.each([
  ['git@x.example:shop.git', true],
  ['file:///srv/shop', true],
  ['/srv/shop', false],
  ['../shop', false],
])('%s is fetched from: %s', (repository, expected) => {
  expect(isRemote(repository)).toBe(expected);
});

it('a version is written as an address wants it', () => {
  const template = 'https://x.example/v{version}/app-{version}.tgz';
  expect(addressOfVersion(template, '1.0.0+b1')).toBe('https://x.example/v1.0.0%2Bb1/app-1.0.0%2Bb1.tgz');
});
