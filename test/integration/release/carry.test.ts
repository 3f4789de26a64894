import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { copyFile } from '../../../scripts/archive/copy-file.ts';
import { copyInto } from '../../../scripts/release/copy/copy-tree.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { writeTree } from '../../helpers/packages.ts';

let root: string;
let from: string;
let to: string;

beforeEach(() => {
  root = temporaryFolder('carry');
  from = join(root, 'from');
  to = join(root, 'to');
  mkdirSync(to);
});

describe('a copy of a file', () => {
  it('has its content, mode and time, but no setuid or setgid: it has no owner yet', async () => {
    const large = 'x'.repeat(2_500_000);
    writeTree(from, { plain: 'plain', tool: large });
    chmodSync(join(from, 'plain'), 0o640);
    chmodSync(join(from, 'tool'), 0o6755);
    await copyInto(from, to, ['plain', 'tool']);
    const mode = (name: string): string => (statSync(join(to, name)).mode & 0o7777).toString(8);
    expect([mode('plain'), mode('tool')]).toEqual(['640', '755']);
    expect(readFileSync(join(to, 'tool'), 'utf8') === large).toBe(true);
    for (const name of ['plain', 'tool'])
      expect(Math.abs(statSync(join(to, name)).mtimeMs - statSync(join(from, name)).mtimeMs)).toBeLessThan(1);
  });

  it('is not made of what a link leads to that took its place, nor through one in its own place', () => {
    writeTree(from, { file: 'x' });
    const secret = join(root, 'secret');
    writeFileSync(secret, 'of somebody else');
    symlinkSync(secret, join(to, 'file'));
    expect(() => copyFile(join(from, 'file'), join(to, 'file'))).toThrow(/EEXIST/);
    expect(readFileSync(secret, 'utf8')).toBe('of somebody else');
    rmSync(join(from, 'file'));
    symlinkSync(secret, join(from, 'file'));
    expect(() => copyFile(join(from, 'file'), join(to, 'other'))).toThrow(/ELOOP/);
    expect(lstatSync(join(to, 'other'), { throwIfNoEntry: false })).toBeUndefined();
  });
});
