import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { packageLimits } from '../../../scripts/package/entry-rules.ts';
import { unpackPackage } from '../../../scripts/package/unpack.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import {
  releaseEntries,
  tarOf,
  treePrint,
  writePackage,
  writeTree,
  type TarEntry,
} from '../../helpers/packages.ts';
import { zipOf, type ZipEntry } from '../../helpers/zips.ts';

/** Packages that were made to do harm, or that are broken: refused, each for its own reason, and nothing is left of them. */

interface Case {
  readonly title: string;
  readonly name: string;
  readonly content: Buffer;
  readonly code: 'package-unsafe' | 'package-damaged';
  readonly reason: RegExp;
}

const zstd = (content: Buffer): Buffer => execFileSync('zstd', ['-q', '-c'], { input: content });
const sound = releaseEntries('1.1.0', { 'index.php': '<?php' });
const soundZip: readonly ZipEntry[] = [{ name: 'VERSION', content: '1.1.0\n', mode: 0o100644 }];

/** Entries that name what they must not, in the words of both kinds of archive. */
interface Evil {
  readonly name: string;
  readonly kind?: 'file' | 'folder' | 'link';
  readonly content?: string;
  readonly mode?: number;
}
const link = (name: string, content: string): Evil => ({ name, kind: 'link', content });

const evils: readonly (readonly [string, readonly Evil[], RegExp])[] = [
  ['an absolute path', [{ name: '/tmp/maj-evil' }], /absolute/],
  ['a path with ..', [{ name: '../outside/secret.txt', content: 'gone' }], /leads out/],
  ['a path with .. that comes back', [{ name: 'a/../../root/x' }], /leads out/],
  ['only ..', [{ name: '..' }], /leads out/],
  ['a link out', [link('a', '../outside')], /leads out/],
  ['a link to an absolute path', [link('a', '/etc/passwd')], /leads out/],
  ['a link to itself', [link('a', 'a')], /circle/],
  ['links in a circle', [link('a', 'b'), link('b', 'a')], /circle/],
  ['a chain of links that leads out', [link('a/b/up', '../..'), link('x', 'a/b/up/../outside')], /leads out/],
  [
    'links along hundreds of folders and each other, which took minutes to follow',
    Array.from({ length: 500 }, (_, at) => link(`l${at}`, `l${at + 1}/${'d/../'.repeat(320)}d`)),
    /100 folders/,
  ],
  [
    'a file written through a link',
    [link('a', '../outside'), { name: 'a/secret.txt', content: 'gone' }],
    /below something/,
  ],
  [
    'a file written through a link of a folder',
    [link('d', '.'), { name: 'd/index.php', content: 'gone' }],
    /below something/,
  ],
  [
    'a file in the place of a link',
    [link('a', '../outside/secret.txt'), { name: 'a', content: 'gone' }],
    /there twice/,
  ],
  ['a link in the place of a file', [{ name: 'a' }, link('a', '../outside/secret.txt')], /there twice/],
  ['a file below a file', [{ name: 'a' }, { name: 'a/b' }], /below something/],
  ['the same file twice', [{ name: 'VERSION', content: '9.9.9' }], /there twice/],
  ['a setuid file', [{ name: 'su', mode: 0o4755 }], /setuid/],
  ['a setgid file', [{ name: 'sg', mode: 0o2755 }], /setgid/],
  ['names that differ in case', [{ name: 'README' }, { name: 'readme' }], /case/],
  ['folders that differ in case', [{ name: 'Lib/a' }, { name: 'lib/b' }], /case/],
  ['names that differ in Unicode form', [{ name: 'caf\u00e9' }, { name: 'cafe\u0301' }], /Unicode/],
  ['names that are one in capitals', [{ name: 'stra\u00dfe' }, { name: 'STRASSE' }], /case/],
  ['a line end in a name', [{ name: 'a\nb' }], /control characters/],
  ['an escape sequence in a name', [{ name: 'a\u001b[2Jb' }], /control characters/],
  ['a way out for who takes backslashes for slashes', [{ name: '..\\..\\evil.php' }], /backslash/],
  ['a drive letter', [{ name: 'C:\\Windows\\evil.php' }], /backslash/],
  [
    'a name longer than Linux takes',
    [{ name: `${'d/'.repeat(20)}${'n'.repeat(40)}/${'x'.repeat(256)}` }],
    /too long|PathTooLong/,
  ],
];

const paxHeader = (key: string, value: string): TarEntry => {
  const line = ` ${key}=${value}\n`;
  let length = line.length;
  while (length !== line.length + String(length).length) length = line.length + String(length).length;
  return { name: 'PaxHeader', type: 'x', content: `${length}${line}` };
};

const inTar = ({ name, kind, content, mode }: Evil): TarEntry[] => [
  ...(Buffer.byteLength(name) > 100 ? [paxHeader('path', name)] : []),
  ...(kind === 'link' && (content ?? '').length > 100 ? [paxHeader('linkpath', content ?? '')] : []),
  kind === 'link'
    ? { name, type: '2', link: (content ?? '').slice(0, 100) }
    : { name, content: content ?? '', ...(mode === undefined ? {} : { mode }) },
];
const inZip = ({ name, kind, content, mode }: Evil): ZipEntry => ({
  name,
  content: content ?? '',
  mode: (kind === 'link' ? 0o120000 : 0o100000) | (mode ?? 0o644),
});

const ofBoth: readonly Case[] = evils.flatMap(([what, entries, reason]): Case[] => {
  const tar = tarOf([...sound, ...entries.flatMap(inTar)]);
  const zip = zipOf([...soundZip, ...entries.map(inZip)]);
  const facts = { code: 'package-unsafe', reason } as const;
  return [
    { title: `tar.gz: ${what}`, name: 'app-1.1.0.tar.gz', content: gzipSync(tar), ...facts },
    { title: `tar.zst: ${what}`, name: 'app-1.1.0.tar.zst', content: zstd(tar), ...facts },
    { title: `zip: ${what}`, name: 'app-1.1.0.zip', content: zip, ...facts },
  ];
});

const tars: readonly (readonly [string, Case['code'], readonly TarEntry[] | Buffer, RegExp])[] = [
  [
    'a path with .. in a PAX header',
    'package-unsafe',
    [paxHeader('path', '../outside/x'), { name: 'fine' }],
    /leads out/,
  ],
  [
    'a link out in a PAX header',
    'package-unsafe',
    [paxHeader('linkpath', '/etc'), { name: 'a', type: '2', link: 'b' }],
    /leads out/,
  ],
  [
    'a path with .. as a long name of GNU',
    'package-unsafe',
    [{ name: '././@LongLink', type: 'L', content: '../outside/x\0' }, { name: 'fine' }],
    /leads out/,
  ],
  [
    'a hard link out',
    'package-unsafe',
    [{ name: 'a', type: '1', link: '../outside/secret.txt' }],
    /hard link/,
  ],
  [
    'a hard link to an absolute path',
    'package-unsafe',
    [{ name: 'a', type: '1', link: '/etc/passwd' }],
    /hard link/,
  ],
  [
    'a hard link to a link that leads out',
    'package-unsafe',
    [
      { name: 'a', type: '2', link: '../outside/secret.txt' },
      { name: 'b', type: '1', link: 'a' },
    ],
    /hard link/,
  ],
  [
    'a hard link to what comes later',
    'package-unsafe',
    [{ name: 'a', type: '1', link: 'later' }, { name: 'later' }],
    /hard link/,
  ],
  [
    'a hard link by way of a link of a folder',
    'package-unsafe',
    [
      { name: 'd', type: '2', link: '../outside' },
      { name: 'b', type: '1', link: 'd/secret.txt' },
    ],
    /hard link/,
  ],
  ['a character device', 'package-unsafe', [{ name: 'null', type: '3' }], /device/],
  ['a block device', 'package-unsafe', [{ name: 'disk', type: '4' }], /device/],
  ['a named pipe', 'package-unsafe', [{ name: 'pipe', type: '6' }], /pipe/],
  ['a name that is not UTF-8', 'package-unsafe', [{ name: Buffer.from('caf\xe9', 'latin1') }], /UTF-8/],
  ['a setgid folder', 'package-unsafe', [{ name: 'shared/', type: '5', mode: 0o2775 }], /setgid/],
  ['a sparse file', 'package-damaged', [{ name: 'sparse', type: 'S' }], /SparseFile/],
  [
    'a PAX header larger than any name',
    'package-damaged',
    [{ name: 'PaxHeader', type: 'x', content: Buffer.alloc(3_000_000, 'x') }, { name: 'a' }],
    /./,
  ],
  ['a header whose sum is wrong', 'package-damaged', [{ name: 'a', breakChecksum: true }], /checksum/],
  ['a size far larger than the archive', 'package-unsafe', [{ name: 'a', size: 0o77777777777 }], /too large/],
  [
    'zeros without end',
    'package-unsafe',
    [{ name: 'zeros', content: Buffer.alloc(3_000_000) }],
    /far more|too large/,
  ],
  [
    'more files than it may',
    'package-unsafe',
    Array.from({ length: 60 }, (_, number) => ({ name: `f${number}` })),
    /too many/,
  ],
  ['no end', 'package-damaged', tarOf(sound, false), /end of the archive/],
  [
    'half of itself',
    'package-damaged',
    tarOf([...sound, { name: 'x', content: 'x'.repeat(5000) }]).subarray(0, 3000),
    /Truncated/,
  ],
  [
    'another archive after its end',
    'package-damaged',
    Buffer.concat([tarOf(sound), tarOf(sound)]),
    /after the end/,
  ],
  ['no archive', 'package-damaged', Buffer.from('hello'), /./],
];

const ofTar: readonly Case[] = tars.flatMap(([what, code, entries, reason]): Case[] => {
  const tar = Buffer.isBuffer(entries) ? entries : tarOf([...sound, ...entries]);
  return [
    { title: `tar.gz: ${what}`, name: 'app-1.1.0.tar.gz', content: gzipSync(tar), code, reason },
    { title: `tar.zst: ${what}`, name: 'app-1.1.0.tar.zst', content: zstd(tar), code, reason },
    // What is not packed cannot be packed too tightly.
    ...(what === 'zeros without end'
      ? []
      : [{ title: `tar: ${what}`, name: 'app-1.1.0.tar', content: tar, code, reason }]),
  ];
});

const file = 0o100644;
const text = { content: 'text '.repeat(100), mode: file };
const whole = zipOf([...soundZip, { name: 'a', ...text }]);
const otherName = Buffer.concat([
  Buffer.from([0x75, 0x70, 14, 0, 1]),
  Buffer.alloc(4),
  Buffer.from('../evil.x'),
]);

const ofZip: readonly Case[] = (
  [
    ['a device', 'package-unsafe', [{ name: 'd', mode: 0o020666 }], /device/],
    ['a named pipe', 'package-unsafe', [{ name: 'p', mode: 0o010644 }], /pipe/],
    ['a socket', 'package-unsafe', [{ name: 's', mode: 0o140755 }], /device/],
    ['a setgid folder', 'package-unsafe', [{ name: 's/', mode: 0o042775 }], /setgid/],
    ['a NUL in a name', 'package-unsafe', [{ name: 'a.php\0.txt', ...text }], /control/],
    ['a backslash in a name', 'package-unsafe', [{ name: 'lib\\a.php', ...text }], /backslash/],
    [
      'a name of another encoding',
      'package-unsafe',
      [{ name: Buffer.from('caf\x82', 'latin1'), flags: 0, ...text }],
      /UTF-8/,
    ],
    ['a link to nothing', 'package-unsafe', [{ name: 'a', mode: 0o120777 }], /link to nothing/],
    ['no name', 'package-unsafe', [{ name: '', ...text }], /no name/],
    ['an encrypted entry', 'package-damaged', [{ name: 'a', flags: 1, ...text }], /encrypted/],
    ['a strongly encrypted entry', 'package-damaged', [{ name: 'a', flags: 0x41, ...text }], /encryption/],
    [
      'a packing that is not deflate',
      'package-damaged',
      [{ name: 'a', says: { method: 12 }, ...text }],
      /method 12/,
    ],
    [
      'another name in the header of an entry',
      'package-damaged',
      [{ name: 'a', local: { name: 'b' }, ...text }],
      /another name/,
    ],
    [
      'another size in the header of an entry',
      'package-damaged',
      [{ name: 'a', local: { bytes: 5 }, ...text }],
      /another size/,
    ],
    [
      'another packing in the header of an entry',
      'package-damaged',
      [{ name: 'a', local: { method: 0 }, ...text }],
      /two ways/,
    ],
    [
      'a second name in an extra field',
      'package-damaged',
      [{ name: 'a', extra: otherName, ...text }],
      /two names/,
    ],
    [
      'a size smaller than the content',
      'package-damaged',
      [{ name: 'a', says: { bytes: 5 }, ...text }],
      /too many bytes/,
    ],
    [
      'a size larger than the content',
      'package-damaged',
      [{ name: 'a', says: { bytes: 900 }, ...text }],
      /not enough bytes/,
    ],
    [
      'a size larger than the content, after it',
      'package-damaged',
      [{ name: 'a', descriptor: true, says: { bytes: 900 }, ...text }],
      /not enough bytes/,
    ],
    [
      'two sizes for what is not packed',
      'package-damaged',
      [{ name: 'a', stored: true, says: { bytes: 900 }, ...text }],
      /./,
    ],
    ['a sum that is wrong', 'package-damaged', [{ name: 'a', says: { sum: 7 }, ...text }], /sum of a/],
    [
      'entries that share their data',
      'package-damaged',
      [{ name: 'VERSIO2', at: 0, content: '1.1.0\n', mode: file }],
      /name|share/,
    ],
    [
      'a folder by its name that is a file by its mode',
      'package-damaged',
      [{ name: 'd/', mode: file }],
      /alone/,
    ],
    [
      'a file by its name that is a folder by its mode',
      'package-damaged',
      [{ name: 'd', mode: 0o040755 }],
      /alone/,
    ],
    ['a folder with content', 'package-damaged', [{ name: 'd/', content: 'x', mode: 0o040755 }], /content/],
    [
      'an entry outside of the file',
      'package-damaged',
      [{ name: 'a', at: 0x7fff_0000, ...text }],
      /end of the file/,
    ],
    [
      'zeros without end',
      'package-unsafe',
      [{ name: 'z', content: Buffer.alloc(3_000_000), mode: file }],
      /far more|too large/,
    ],
    [
      'a claim to be too large',
      'package-unsafe',
      [{ name: 'z', says: { bytes: 0xffff_0000 }, ...text }],
      /too large/,
    ],
    [
      'more files than it may',
      'package-unsafe',
      Array.from({ length: 60 }, (_, n) => ({ name: `f${n}` })),
      /too many/,
    ],
    [
      'more entries than it counts',
      'package-damaged',
      zipOf([...soundZip, { name: 'a', ...text }], { count: 1 }),
      /more entries/,
    ],
    ['fewer entries than it counts', 'package-damaged', zipOf(soundZip, { count: 2 }), /end of the file/],
    ['half of itself', 'package-damaged', whole.subarray(0, whole.length / 2), /truncated/],
    [
      'something after its end',
      'package-damaged',
      Buffer.concat([whole, Buffer.from('x')]),
      /comment length/,
    ],
    ['a byte that was changed', 'package-damaged', changed(whole, 60), /./],
    ['nothing', 'package-damaged', Buffer.alloc(0), /./],
    ['no archive', 'package-damaged', Buffer.from('PK\u0003\u0004 hello'), /./],
  ] satisfies readonly (readonly [string, Case['code'], readonly ZipEntry[] | Buffer, RegExp])[]
).map(([what, code, entries, reason]) => ({
  title: `zip: ${what}`,
  name: 'app-1.1.0.zip',
  content: Buffer.isBuffer(entries) ? entries : zipOf([...soundZip, ...(entries as readonly ZipEntry[])]),
  code,
  reason,
}));

function changed(archive: Buffer, at: number): Buffer {
  const copy = Buffer.from(archive);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

const limits = { ...packageLimits, entries: 50, bytes: 1_000_000_000, ratio: 100, ratioFrom: 1_000_000 };

it.each([...ofBoth, ...ofTar, ...ofZip])('a package is refused and leaves nothing: $title', async (one) => {
  const root = temporaryFolder('evil');
  mkdirSync(join(root, 'area'));
  writeTree(join(root, 'outside'), { 'secret.txt': 'untouched' });
  const path = writePackage(root, one.name, one.content);
  const before = treePrint(root);
  const failure = await failureOf(
    unpackPackage(testContext(), path, join(root, 'area', 'staged'), 'VERSION', () => undefined, limits),
  );
  expect(failure.message).toMatch(one.reason);
  expect([failure.code, failure.exitCode]).toEqual([one.code, 4]);
  expect(treePrint(root)).toEqual(before);
  expect(existsSync('/tmp/maj-evil')).toBe(false);
  expect(readdirSync(join(root, 'area'))).toEqual([]);
});
