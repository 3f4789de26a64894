import { execFileSync } from 'node:child_process';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isRoot } from './root.ts';

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'latin1' });

const asFile = (path: string): void => writeFileSync(path, 'content');
const asFolder = (path: string): void => {
  mkdirSync(path);
  writeFileSync(join(path, 'within'), 'content');
};

/** What a file can have beside its content, mode and owner: each makes something under a path that has it. */
const kinds: Readonly<Record<string, (path: string) => void>> = {
  'access list of a file': (path) => {
    asFile(path);
    run('setfacl', '-m', 'u:33:rw,g:44:r', path);
  },
  'access list of a folder': (path) => {
    asFolder(path);
    run('setfacl', '-m', 'u:33:rwx', path);
  },
  'default list of a folder': (path) => {
    asFolder(path);
    run('setfacl', '-m', 'u:33:rwx,d:u:33:rwx,d:g:44:rx', path);
  },
  'access list of a program that only some may read': (path) => {
    asFile(path);
    run('setfacl', '--set', 'u::rwx,g::---,o::---,u:33:r-x,m::r-x', path);
  },
  'attribute of a file': (path) => {
    asFile(path);
    run('setfattr', '-n', 'user.mime', '-v', 'image/png', path);
  },
  'attribute of a folder': (path) => {
    asFolder(path);
    run('setfattr', '-n', 'user.note', '-v', 'of the folder', path);
  },
  'attribute of a file that nobody may write to': (path) => {
    asFile(path);
    run('setfattr', '-n', 'user.mime', '-v', 'image/png', path);
    run('chmod', '0444', path);
  },
  'binary value, with line ends and what looks like a record': (path) => {
    asFile(path);
    run('setfattr', '-n', 'user.bin', '-v', `0x00ff0a${Buffer.from('12 path=x\n').toString('hex')}3d`, path);
  },
  'empty value': (path) => {
    asFile(path);
    run('setfattr', '-n', 'user.empty', path);
  },
  'name with signs': (path) => {
    asFile(path);
    run('setfattr', '-n', 'user.a=b%3Dé\\', '-v', '1', path);
  },
  ' odd\nname é\\ = ': (path) => {
    asFile(path);
    run('setfattr', '-n', 'user.mime', '-v', 'x', path);
  },
  'two names of one file': (path) => {
    mkdirSync(path);
    asFile(join(path, 'one'));
    linkSync(join(path, 'one'), join(path, 'two'));
    run('setfattr', '-n', 'user.mime', '-v', 'x', join(path, 'two'));
  },
  'holes between and behind': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 40_000_000);
    run(
      'dd',
      'if=/dev/urandom',
      `of=${path}`,
      'bs=1000',
      'count=300',
      'seek=10000',
      'conv=notrunc',
      'status=none',
    );
  },
  'nothing but a hole': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 10_000_000);
  },
  ...(isRoot
    ? {
        capabilities: (path: string) => {
          asFile(path);
          run('chown', '33:33', path);
          run(
            'setfattr',
            '-n',
            'security.capability',
            '-v',
            '0x0100000200040000000000000000000000000000',
            path,
          );
        },
        'attribute of a link': (path: string) => {
          symlinkSync('nowhere', path);
          run('setfattr', '-h', '-n', 'trusted.note', '-v', 'x', path);
        },
      }
    : {}),
};

/** Makes one thing of each kind in a folder, which is made. */
export function makeAttributed(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, make] of Object.entries(kinds)) make(join(folder, name));
}

/** What a tree has beside contents and owners, by path: modes, attributes, names of one file, whether there are holes. */
export function attributePicture(root: string): Readonly<Record<string, string>> {
  const picture: Record<string, string> = {};
  const names = new Map<number, string>();
  for (const path of ['.', ...readdirSync(root, { recursive: true, encoding: 'utf8' })].sort()) {
    const full = join(root, path);
    const stats = lstatSync(full);
    const attributes = run('getfattr', '-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', '--', full);
    const first = names.get(stats.ino) ?? path;
    names.set(stats.ino, first);
    const hasHoles = stats.isFile() && stats.blocks * 512 < stats.size / 2;
    picture[path] = [
      stats.isSymbolicLink() ? 'link' : (stats.mode & 0o7777).toString(8),
      ...attributes.split('\n').filter((line) => line !== '' && !line.startsWith('# file')),
      ...(stats.nlink > 1 && !stats.isDirectory() ? [`a name of ${first}`] : []),
      ...(hasHoles ? ['with holes'] : []),
    ].join(' ');
  }
  return picture;
}
