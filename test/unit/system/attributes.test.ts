import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  archiveEnd,
  archiveHeader,
  archivePadding,
  readArchive,
  type ArchiveEntry,
} from '../../../scripts/archive/archives.ts';
import { entryDifference, listedEntry } from '../../../scripts/backup/files/files-list.ts';
import { attributesFor, type AttributeFacts } from '../../../scripts/release/copy/carry-attributes.ts';
import {
  accessAcl,
  aclOfProgram,
  aclText,
  aclValue,
  defaultAcl,
  inheritedAcls,
  type Attributes,
} from '../../../scripts/system/acl.ts';

const acl = (text: string): Buffer => aclValue(text) ?? Buffer.alloc(0);

describe('an access control list', () => {
  it.each([
    // As the kernel has it for `setfacl -m u:33:rwx,g:33:r` on a file of mode 0644.
    [
      'AgAAAAEABgD/////AgAHACEAAAAEAAQA/////wgABAAhAAAAEAAHAP////8gAAQA/////w==',
      'user::rw-,user:33:rwx,group::r--,group:33:r--,mask::rwx,other::r--',
    ],
  ])('is text and bytes', (bytes, text) => {
    expect(aclText(Buffer.from(bytes, 'base64'))).toBe(text);
    expect(acl(text).toString('base64')).toBe(bytes);
  });

  it.each(['', 'user', 'user::rwz', 'user::rwx,', 'mask:3:rwx', 'user:99999999999:rwx', 'u::rwx'])(
    'is not %j',
    (text) => {
      expect(aclValue(text)).toBeUndefined();
    },
  );

  it('of a version that is not known has no text', () => {
    expect(aclText(Buffer.from('AwAAAAEABgD/////', 'base64'))).toBeUndefined();
    expect(aclText(Buffer.alloc(3))).toBeUndefined();
  });

  it.each([
    ['file', 0o640, 'user::rw-,user:33:rwx,group::r-x,mask::r--,other::---', undefined],
    ['folder', 0o755, 'user::rwx,user:33:rwx,group::r-x,mask::r-x,other::---', 'the same'],
  ] as const)('of a folder is inherited by a %s of mode %o', (type, mode, access, own) => {
    const folder = acl('user::rwx,user:33:rwx,group::r-x,mask::rwx,other::---');
    const inherited = inheritedAcls(folder, type, mode);
    expect(aclText(inherited.get(accessAcl) ?? Buffer.alloc(0))).toBe(access);
    expect(inherited.get(defaultAcl)).toEqual(own === undefined ? undefined : folder);
  });

  it.each([
    [0o644, 'user::rw-,user:33:r-x,group::---,mask::r--,other::---'],
    [0o755, 'user::rwx,user:33:r-x,group::---,mask::r-x,other::---'],
  ])('of a file stays for another content of mode %o', (mode, text) => {
    const before = acl('user::rwx,user:33:r-x,group::---,mask::r--,other::---');
    expect(aclText(aclOfProgram(before, mode))).toBe(text);
  });
});

describe('the attributes of a thing of a release that comes', () => {
  const listed = acl('user::rw-,user:33:rw-,group::r--,mask::rw-,other::---');
  const folderDefault = acl('user::rwx,user:33:rwx,group::r-x,mask::rwx,other::---');
  const mime = Buffer.from('image/png');
  const live = new Map([
    [accessAcl, listed],
    ['user.mime', mime],
  ]);
  const facts: AttributeFacts = {
    type: 'file',
    mode: 0o644,
    own: new Map([['user.own', mime]]),
    installed: { type: 'file', attributes: live },
    isCarried: false,
    folderDefault,
  };
  it.each<[string, Partial<AttributeFacts>, Attributes]>([
    ['copied: those of the original', { isCarried: true }, live],
    [
      'copied, without any: none',
      { isCarried: true, installed: { type: 'file', attributes: new Map() } },
      new Map(),
    ],
    [
      'a folder of both: those of the live one',
      { type: 'folder', installed: { type: 'folder', attributes: live } },
      live,
    ],
    [
      'a file of the release: its own, and the list of the one before',
      {},
      new Map([
        ['user.own', mime],
        [accessAcl, listed],
      ]),
    ],
    [
      'new: its own, and what it inherits',
      { installed: undefined },
      new Map([['user.own', mime], ...inheritedAcls(folderDefault, 'file', 0o644)]),
    ],
    [
      'new in a folder without a default list, that it was unpacked in another one does not show',
      { installed: undefined, folderDefault: undefined, own: new Map([[accessAcl, listed]]) },
      new Map(),
    ],
    ['a link: its own', { type: 'link', installed: undefined }, facts.own],
  ])('%s', (_, more, wanted) => {
    expect(attributesFor({ ...facts, ...more })).toEqual(wanted);
  });
});

describe('an archive', () => {
  const entry = (more: Partial<ArchiveEntry>): ArchiveEntry => ({
    path: 'file',
    type: 'file',
    mode: 0o644,
    uid: 1,
    gid: 2,
    modifiedAt: new Date(1_700_000_000_000),
    size: 0,
    target: null,
    attributes: new Map(),
    extents: null,
    ...more,
  });
  const read = async (
    archive: Buffer,
    pieceBytes: number,
  ): Promise<{ entry: ArchiveEntry; content: Buffer }[]> => {
    const found: { entry: ArchiveEntry; content: Buffer }[] = [];
    async function* pieces(): AsyncGenerator<Buffer> {
      for (let at = 0; at < archive.length; at += pieceBytes)
        yield await Promise.resolve(archive.subarray(at, at + pieceBytes));
    }
    await readArchive(pieces(), async (one, content) => {
      const data: Buffer[] = [];
      for await (const piece of content) data.push(Buffer.from(piece));
      found.push({ entry: one, content: Buffer.concat(data) });
    });
    return found;
  };

  /** What names are put together of: all that has a meaning somewhere on the way. */
  const signs = ['a', '=', '%', '%3D', '%25', '\n', 'é', '日', '"', '\\', ' ', '12 path=x\n', 'x'.repeat(30)];
  /** Quicker to compare than bytes. */
  const inText = ({
    entry: { attributes, ...rest },
    content,
  }: {
    entry: ArchiveEntry;
    content: Buffer;
  }): unknown => ({
    ...rest,
    content: content.toString('base64'),
    attributes: [...attributes].map(([key, value]) => `${key} ${value.toString('base64')}`).sort(),
  });

  it('reads back any name, attribute and content, whatever pieces it comes in', async () => {
    const name = fc
      .array(fc.constantFrom(...signs), { minLength: 1, maxLength: 40 })
      .map((pieces) => pieces.join(''));
    const bytes = fc.uint8Array({ maxLength: 700 }).map((data) => Buffer.from(data));
    const files = fc.array(
      fc.record({ name, content: bytes, attributes: fc.array(fc.tuple(name, bytes), { maxLength: 3 }) }),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 100, max: 3000 }), async (all, pieceBytes) => {
        const entries = all.map(({ name: path, content, attributes }) => ({
          content,
          entry: entry({
            path,
            size: content.length,
            attributes: new Map(
              attributes.map(([key, value]) => [Buffer.from(`user.${key}`).toString('latin1'), value]),
            ),
          }),
        }));
        const archive = Buffer.concat([
          ...entries.flatMap((one) => [
            archiveHeader(one.entry),
            one.content,
            archivePadding(one.content.length),
          ]),
          archiveEnd,
        ]);
        expect((await read(archive, pieceBytes)).map(inText)).toEqual(entries.map(inText));
      }),
      { numRuns: 30 },
    );
  });

  it('holds of a sparse file what is in it, and gives all of it back', async () => {
    const sparse = entry({
      size: 10_000_000,
      extents: [
        { offset: 65_536, length: 4 },
        { offset: 9_000_000, length: 3 },
      ],
    });
    const archive = Buffer.concat([
      archiveHeader(sparse),
      Buffer.from('onceend'),
      archivePadding(7),
      archiveEnd,
    ]);
    const [found] = await read(archive, 700);
    const whole = Buffer.alloc(10_000_000);
    whole.write('once', 65_536);
    whole.write('end', 9_000_000);
    expect(found?.content.equals(whole)).toBe(true);
    expect(found?.entry).toMatchObject({ path: 'file', size: 10_000_000 });
  });

  it.each([
    ['cut off in a header', (whole: Buffer) => whole.subarray(0, 300)],
    ['cut off in its content', (whole: Buffer) => whole.subarray(0, 600)],
    ['with a damaged header', (whole: Buffer) => Buffer.concat([Buffer.from('x'), whole.subarray(1)])],
  ])('is not read to its end when it is %s', async (_, damage) => {
    const whole = Buffer.concat([
      archiveHeader(entry({ size: 400 })),
      Buffer.alloc(400, 'x'),
      archivePadding(400),
      archiveEnd,
    ]);
    await expect(read(damage(whole), 100)).rejects.toThrow(/ends too early|damaged/);
  });

  it('is not what its list says when an attribute is another', () => {
    const plain = listedEntry(entry({}), 'sum');
    const one = listedEntry(entry({ attributes: new Map([[accessAcl, Buffer.from('a')]]) }), 'sum');
    const other = listedEntry(entry({ attributes: new Map([[accessAcl, Buffer.from('b')]]) }), 'sum');
    expect(entryDifference(one, one)).toBeUndefined();
    for (const found of [plain, other])
      expect(entryDifference(one, found)).toBe('has other extended attributes');
    expect(entryDifference(plain, one)).toBe('has other extended attributes');
  });
});
