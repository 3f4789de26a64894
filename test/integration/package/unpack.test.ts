import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { packageLimits } from '../../../scripts/package/entry-rules.ts';
import { unpackPackage, type Unpacked } from '../../../scripts/package/unpack.ts';
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
import { zipOf } from '../../helpers/zips.ts';

let root: string;
let into: string;

beforeEach(() => {
  root = temporaryFolder('unpack');
  mkdirSync(join(root, 'area'));
  into = join(root, 'area', 'staged');
  writeTree(join(root, 'outside'), { 'secret.txt': 'untouched' });
});

const unpack = (path: string, limits = packageLimits): Promise<Unpacked> =>
  unpackPackage(testContext(), path, into, 'VERSION', () => undefined, limits);

const sound = releaseEntries('1.1.0', { 'index.php': '<?php' });

const withoutGit = (print: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(print).filter(([path]) => !path.startsWith('.git/')));

/** A PAX header that gives the next entry another path. */
const paxPath = (path: string): TarEntry => {
  const line = ` path=${path}\n`;
  const length = line.length + String(line.length + 2).length;
  return { name: 'PaxHeader', type: 'x', content: `${length}${line}` };
};

const evil: readonly [string, readonly TarEntry[], RegExp][] = [
  ['an absolute path', [{ name: '/tmp/maj-evil' }], /absolute/],
  ['a path with ..', [{ name: '../outside/secret.txt', content: 'gone' }], /leads out/],
  ['a path with .. in a PAX header', [paxPath('../outside/secret.txt'), { name: 'fine' }], /leads out/],
  ['a path with .. below a folder', [{ name: 'a/../../outside/secret.txt' }], /leads out/],
  ['a link out', [{ name: 'a', type: '2', link: '../outside' }], /link that leads out/],
  ['a link to an absolute path', [{ name: 'a', type: '2', link: '/etc/passwd' }], /link that leads out/],
  [
    'a link in a circle',
    [
      { name: 'a', type: '2', link: 'b' },
      { name: 'b', type: '2', link: 'a' },
    ],
    /circle/,
  ],
  [
    'a link out by way of another',
    [
      { name: 'a/b/up', type: '2', link: '../..' },
      { name: 'x', type: '2', link: 'a/b/up/../outside' },
    ],
    /link that leads out/,
  ],
  [
    'a file written through a link',
    [
      { name: 'a', type: '2', link: '../outside' },
      { name: 'a/secret.txt', content: 'gone' },
    ],
    /below something that is not a folder/,
  ],
  [
    'a file in the place of a link',
    [
      { name: 'a', type: '2', link: '../outside/secret.txt' },
      { name: 'a', content: 'gone' },
    ],
    /there twice/,
  ],
  ['a hard link out', [{ name: 'a', type: '1', link: '../outside/secret.txt' }], /hard link/],
  ['a hard link to an absolute path', [{ name: 'a', type: '1', link: '/etc/passwd' }], /hard link/],
  ['a character device', [{ name: 'null', type: '3' }], /device/],
  ['a block device', [{ name: 'disk', type: '4' }], /device/],
  ['a named pipe', [{ name: 'pipe', type: '6' }], /pipe/],
  ['a sparse file, which node-tar would skip', [{ name: 'sparse', type: 'S' }], /SparseFile/],
  ['a setuid file', [{ name: 'su', mode: 0o4755 }], /setuid/],
  ['a setgid folder', [{ name: 'shared/', type: '5', mode: 0o2775 }], /setgid/],
  ['names that differ in case', [{ name: 'README' }, { name: 'readme' }], /case/],
  ['names that differ in Unicode form', [{ name: 'caf\u00e9' }, { name: 'cafe\u0301' }], /Unicode/],
  ['a name that is not UTF-8', [{ name: Buffer.from('caf\xe9', 'latin1') }], /UTF-8/],
  ['a line end in a name', [{ name: 'a\nb' }], /control characters/],
  ['a header whose sum is wrong', [{ name: 'a', breakChecksum: true }], /checksum/],
  ['a header without a name', [{ name: '' }], /path is required/],
];

describe('a package that is refused', () => {
  it.each(evil)(
    'holds %s; nothing of it is kept, and nothing is written elsewhere',
    async (_, entries, reason) => {
      const path = writePackage(root, 'app-1.1.0.tar.gz', [...sound, ...entries]);
      const before = treePrint(root);
      const failure = await failureOf(unpack(path));
      expect(failure.exitCode).toBe(4);
      expect(failure.message).toMatch(reason);
      expect(treePrint(root)).toEqual(before);
      expect(existsSync('/tmp/maj-evil')).toBe(false);
    },
  );

  const whole = tarOf([...sound, { name: 'large.bin', content: Buffer.alloc(100_000, 7) }]);
  const packed = gzipSync(whole);
  const cut: readonly [string, Buffer, RegExp][] = [
    ['is cut off while packed', packed.subarray(0, packed.length / 2), /unexpected end/],
    [
      'was cut off between two entries before it was packed',
      gzipSync(tarOf(sound, false)),
      /end of the archive/,
    ],
    ['was cut off within an entry before it was packed', gzipSync(whole.subarray(0, 3000)), /Truncated/],
    ['was cut off after one of the two last blocks', gzipSync(whole.subarray(0, -512)), /end of the archive/],
    [
      'has something after its end',
      gzipSync(Buffer.concat([whole, Buffer.alloc(2048, 1)])),
      /after the end|end of/,
    ],
    ['is a second archive joined to the first', gzipSync(Buffer.concat([whole, whole])), /after the end/],
    ['is not packed with gzip', Buffer.from('PK\u0003\u0004 not gzip at all'), /header/],
    ['is packed twice', gzipSync(gzipSync(whole)), /end of the archive|archive/],
    ['is empty', Buffer.alloc(0), /end|archive/],
    ['holds no archive', gzipSync(Buffer.from('hello')), /archive/],
    ['has a damaged byte', Buffer.concat([packed.subarray(0, -20), Buffer.alloc(20, 9)]), /./],
  ];

  it.each(cut)('%s', async (_, content, reason) => {
    const path = writePackage(root, 'app-1.1.0.tar.gz', content);
    const failure = await failureOf(unpack(path));
    expect(failure.code).toBe('package-damaged');
    expect(failure.exitCode).toBe(4);
    expect(failure.message).toMatch(reason);
    expect(readdirSync(join(root, 'area'))).toEqual([]);
  });

  it('unpacks to far more than it is', async () => {
    const bomb = writePackage(root, 'app-1.1.0.tar.gz', [
      ...sound,
      { name: 'zeros', content: Buffer.alloc(5_000_000) },
    ]);
    const limits = { ...packageLimits, ratio: 50, ratioFrom: 100_000 };
    expect((await failureOf(unpack(bomb, limits))).message).toMatch(/far more than real files/);
    expect((await failureOf(unpack(bomb, { ...packageLimits, bytes: 1_000_000 }))).message).toMatch(
      /too large/,
    );
    expect((await failureOf(unpack(bomb, { ...packageLimits, entries: 2 }))).message).toMatch(/too many/);
    expect(readdirSync(join(root, 'area'))).toEqual([]);
  });

  it('claims to be far larger than it is', async () => {
    const path = writePackage(root, 'app-1.1.0.tar.gz', [...sound, { name: 'a', size: 0o77777777777 }]);
    expect((await failureOf(unpack(path, { ...packageLimits, bytes: 1_000_000 }))).message).toMatch(
      /too large/,
    );
  });
});

describe('a package that is sound', () => {
  it('is unpacked as it is, and listed with the hash of every file', async () => {
    const path = writePackage(root, 'app-1.1.0.tar.gz', [
      { name: './', type: '5', mode: 0o755 },
      ...releaseEntries('1.1.0', { 'src/index.php': '<?php', 'empty.txt': '' }),
      { name: 'bin/', type: '5', mode: 0o777 },
      { name: 'bin/run', content: '#!/bin/sh\n', mode: 0o777 },
      { name: 'bin/same', type: '1', link: 'bin/run' },
      { name: 'current', type: '2', link: 'src/index.php' },
      { name: 'large.bin', content: Buffer.alloc(300_000, 'x') },
    ]);
    const { entries } = await unpack(path);
    const print = treePrint(into);
    expect(print['src/index.php']).toBe('644 <?php');
    expect(print['empty.txt']).toBe('644 ');
    expect(print['bin/']).toBe('775');
    expect(print['bin/run']).toBe('775 #!/bin/sh\n');
    expect(print['bin/same']).toBe('775 #!/bin/sh\n');
    expect(print['current']).toBe('-> src/index.php');
    expect(statSync(join(into, 'large.bin')).size).toBe(300_000);
    expect(entries.map(({ path: name, type }) => `${type} ${name}`).sort()).toMatchInlineSnapshot(`
      [
        "file VERSION",
        "file bin/run",
        "file bin/same",
        "file empty.txt",
        "file large.bin",
        "file src/index.php",
        "folder bin",
        "folder src",
        "link current",
      ]
    `);
  });

  it('loses the single folder at its top', async () => {
    const path = writePackage(root, 'app-1.1.0.tgz', [
      { name: 'app-1.1.0/', type: '5' },
      { name: 'app-1.1.0/VERSION', content: '1.1.0\n' },
      { name: 'app-1.1.0/lib/a.php', content: 'a' },
      { name: 'app-1.1.0/b.php', type: '2', link: 'lib/a.php' },
    ]);
    const { entries } = await unpack(path);
    expect(Object.keys(treePrint(into))).toEqual(['VERSION', 'b.php', 'lib/', 'lib/a.php']);
    expect(entries.map((entry) => entry.path).sort()).toEqual(['VERSION', 'b.php', 'lib', 'lib/a.php']);
    expect(readdirSync(join(root, 'area'))).toEqual(['staged']);
  });

  it('may not link out of the single folder at its top', async () => {
    const path = writePackage(root, 'app-1.1.0.tgz', [
      { name: 'app-1.1.0/VERSION', content: '1.1.0\n' },
      { name: 'app-1.1.0/a', type: '2', link: '../outside' },
    ]);
    expect((await failureOf(unpack(path))).message).toMatch(/link that leads out/);
  });

  it('of thousands of files in many chunks is unpacked whole', async () => {
    const files = Array.from({ length: 3000 }, (_, number): [string, string] => [
      `dir${number % 50}/file${number}.php`,
      `content ${number} `.repeat((number * 37) % 500),
    ]);
    const path = writePackage(root, 'app-1.1.0.tgz', releaseEntries('1.1.0', Object.fromEntries(files)));
    const { entries } = await unpack(path);
    expect(entries.filter((entry) => entry.type === 'file')).toHaveLength(3001);
  });

  it('made by the real tar is unpacked as the real tar does, gzip and zstd', async () => {
    const source = join(root, 'source');
    writeTree(source, { VERSION: '1.1.0\n', 'a/b/c.txt': 'c', [`long/${'n'.repeat(120)}/x`]: 'x' });
    symlinkSync('b/c.txt', join(source, 'a', 'link'));
    for (const [name, flag] of [
      ['app-1.1.0.tar.gz', '--gzip'],
      ['app-1.1.0.tar.zst', '--zstd'],
    ] as const) {
      execFileSync('tar', ['-C', source, flag, '-cf', join(root, name), '.']);
      into = join(root, 'area', name);
      await unpack(join(root, name));
      expect(treePrint(into)).toEqual(treePrint(source));
    }
  });

  it('has sizes of 64 bits, as archives of large files do', async () => {
    const entries = [
      { name: 'VERSION', content: '1.1.0\n' },
      { name: 'large.bin', content: 'x'.repeat(100_000), zip64: true },
      { name: 'after.txt', content: 'after' },
    ];
    const path = writePackage(root, 'app-1.1.0.zip', zipOf(entries));
    await unpack(path);
    expect(treePrint(into)).toEqual({
      VERSION: '644 1.1.0\n',
      'large.bin': `644 ${'x'.repeat(100_000)}`,
      'after.txt': '644 after',
    });
  });

  it('made by git is unpacked as the real tar does, as tar and as zip', async () => {
    const source = join(root, 'source');
    writeTree(source, {
      VERSION: '1.1.0\n',
      'a/b/c.txt': 'c'.repeat(5000),
      'empty.txt': '',
      'n\u00e9': 'name',
      'large.bin': 'large '.repeat(200_000),
      [`long/${'n'.repeat(120)}/x`]: 'x',
    });
    chmodSync(join(source, 'a/b/c.txt'), 0o755);
    symlinkSync('b/c.txt', join(source, 'a', 'link'));
    const git = (...args: readonly string[]): Buffer =>
      execFileSync('git', ['-C', source, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args]);
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'x');
    for (const form of ['tar', 'tar.gz', 'zip']) {
      const name = `app-1.1.0.${form}`;
      // A threshold of 1 KB: git streams larger files, whose sizes then follow their data.
      git(
        '-c',
        'core.bigFileThreshold=1k',
        '-c',
        'tar.umask=0022',
        'archive',
        '-o',
        join(root, name),
        'HEAD',
      );
      into = join(root, 'area', name);
      await unpack(join(root, name));
      expect(treePrint(into)).toEqual(withoutGit(treePrint(source)));
    }
  });

  it('packed with zstd and cut off is refused', async () => {
    const source = join(root, 'source');
    writeTree(source, { VERSION: '1.1.0\n', 'a.txt': 'a'.repeat(1000) });
    const whole = execFileSync('tar', ['-C', source, '--zstd', '-cf', '-', '.']);
    const path = writePackage(root, 'app-1.1.0.tar.zst', whole.subarray(0, -30));
    const failure = await failureOf(unpack(path));
    expect(failure.code).toBe('package-damaged');
    expect(readdirSync(join(root, 'area'))).toEqual([]);
  });

  it('cannot be unpacked into a folder that is not one: the error names it', async () => {
    const path = writePackage(root, 'app-1.1.0.tgz', sound);
    writeFileSync(join(root, 'file'), '');
    into = join(root, 'file', 'staged');
    const failure = await failureOf(unpack(path));
    expect(failure.code).toBe('file-failed');
    expect(failure.message).toContain(into);
  });

  it('stops when it is interrupted, and leaves nothing', async () => {
    const path = writePackage(root, 'app-1.1.0.tgz', sound);
    const stop = new AbortController();
    stop.abort();
    const context = testContext({ signal: stop.signal });
    const failure = await failureOf(unpackPackage(context, path, into, 'VERSION'));
    expect(failure.exitCode).toBe(130);
    expect(readdirSync(join(root, 'area'))).toEqual([]);
  });
});
