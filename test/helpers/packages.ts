import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** One entry of an archive, written as it is given, sound or not. */
export interface TarEntry {
  readonly name: string | Buffer;
  /** The type flag of the header; `0` is a file, `5` a folder, `2` a symbolic link, `1` a hard link. */
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  readonly link?: string;
  /** The size that the header claims, where it is not the content's. */
  readonly size?: number;
  readonly breakChecksum?: boolean;
}

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;

/** A tar archive of these entries, written byte by byte: real tools refuse to make most evil ones. */
export function tarOf(entries: readonly TarEntry[], end = true): Buffer {
  return Buffer.concat([...entries.flatMap(blocksOf), ...(end ? [Buffer.alloc(1024)] : [])]);
}

function blocksOf(entry: TarEntry): Buffer[] {
  const content = Buffer.from(entry.content ?? '');
  const header = Buffer.alloc(512);
  const name = Buffer.isBuffer(entry.name) ? entry.name : Buffer.from(entry.name);
  name.copy(header, 0, 0, 100);
  header.write(octal(entry.mode ?? (entry.type === '5' ? 0o755 : 0o644), 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(entry.size ?? content.length, 12), 124);
  header.write(octal(1_700_000_000, 12), 136);
  header.write('        ', 148);
  header.write(entry.type ?? '0', 156);
  header.write(entry.link ?? '', 157);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0) + (entry.breakChecksum === true ? 1 : 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}

/** Entries of a release with these files, its VERSION among them. */
export function releaseEntries(version: string, files: Readonly<Record<string, string>> = {}): TarEntry[] {
  return Object.entries({ VERSION: `${version}\n`, ...files }).map(([name, content]) => ({ name, content }));
}

/** Writes a package and, unless told otherwise, its sum beside it; its path. */
export function writePackage(
  folder: string,
  name: string,
  archive: readonly TarEntry[] | Buffer,
  withSum = true,
): string {
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true });
  const packed = Buffer.isBuffer(archive) ? archive : gzipSync(tarOf(archive));
  writeFileSync(path, packed);
  if (withSum)
    writeFileSync(`${path}.sha256`, `${createHash('sha256').update(packed).digest('hex')}  ${name}\n`);
  return path;
}

/** Writes files with their folders. */
export function writeTree(root: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(root, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** Everything in a tree as one value to compare: path, kind, mode, content. */
export function treePrint(root: string, below = ''): Record<string, string> {
  const print: Record<string, string> = {};
  for (const name of readdirSync(join(root, below)).sort()) {
    const path = below === '' ? name : `${below}/${name}`;
    const stats = lstatSync(join(root, path));
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isDirectory()) Object.assign(print, { [`${path}/`]: mode }, treePrint(root, path));
    else if (stats.isSymbolicLink()) print[path] = `-> ${readlinkSync(join(root, path))}`;
    else print[path] = `${mode} ${readFileSync(join(root, path), 'utf8')}`;
  }
  return print;
}
