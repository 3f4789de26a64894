import { basename, dirname, join } from 'node:path/posix';
import { Header } from 'tar';
import { accessAcl, aclText, aclValue, defaultAcl, type Attributes } from '../system/acl.ts';
import { noAttributes } from '../system/attributes.ts';
import { ByteReader, DamagedArchive } from './byte-reader.ts';
import { blockSize, inBlocks, paxContent, paxRecords } from './pax.ts';
import { isZero, readSparseMap, sparseMap, zeroPieces, type Extent } from './sparse.ts';

/** An entry of one of our own archives. */
export interface ArchiveEntry {
  /** Relative to the root of the archive, without `./` and without a slash at its end. */
  readonly path: string;
  /** `hardlink`: another name of a file that came before; content and everything else are there. */
  readonly type: 'file' | 'folder' | 'link' | 'hardlink';
  /** The permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedAt: Date;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Where a symbolic link points, or the path of the file that a hard link is a name of; null for others. */
  readonly target: string | null;
  readonly attributes: Attributes;
  /** Of a sparse file: where something is in it; null for others. */
  readonly extents: readonly Extent[] | null;
}

const tarTypes = { file: 'File', folder: 'Directory', link: 'SymbolicLink', hardlink: 'Link' } as const;

/** What a header says of an entry, and an extended one where it has no room for that. */
interface HeaderFields extends Pick<ArchiveEntry, 'path' | 'mode' | 'uid' | 'gid' | 'size'> {
  readonly mtime: Date;
  readonly linkpath?: string;
}

/** A record of an extended header (POSIX pax). */
type PaxRecord = readonly [key: string, value: string | Buffer];

/**
 * The header of an entry, as GNU tar and bsdtar read it; the content and `archivePadding` follow, of a sparse file its extents
 * alone. We write entries ourselves: node-tar's own packer gives up on a file that changes while it is read, and keeps no
 * hash of what it read.
 */
export function archiveHeader(entry: ArchiveEntry): Buffer {
  const { extents } = entry;
  const map = extents === null ? Buffer.alloc(0) : sparseMap(extents, entry.size);
  // GNU tar's own choice: a tar that does not know the format does not put the parts alone under the name of the file.
  const path =
    extents === null ? entry.path : join(dirname(entry.path), 'GNUSparseFile.0', basename(entry.path));
  const fields: HeaderFields = {
    path: entry.type === 'folder' ? `${path}/` : path,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: map.length + storedBytes(entry),
    mtime: entry.modifiedAt,
    ...(entry.target === null ? {} : { linkpath: entry.target }),
  };
  const header = new Header({ ...fields, type: tarTypes[entry.type] });
  const tooLong = header.encode();
  const records: PaxRecord[] = [
    ...(tooLong ? fieldRecords(fields) : []),
    ...attributeRecords(entry.attributes),
    ...(extents === null ? [] : sparseRecords(entry)),
  ];
  const block = header.block ?? Buffer.alloc(0);
  return records.length === 0 ? block : Buffer.concat([paxHeader(fields, records), block, map]);
}

/** Bytes of content that an archive has of an entry. */
export const storedBytes = ({ extents, size }: Pick<ArchiveEntry, 'extents' | 'size'>): number =>
  extents === null ? size : extents.reduce((sum, { length }) => sum + length, 0);

const fieldRecords = ({ path, gid, linkpath, mtime, size, uid }: HeaderFields): PaxRecord[] => [
  ['path', path],
  ['gid', String(gid)],
  ...(linkpath === undefined ? [] : ([['linkpath', linkpath]] as const)),
  ['mtime', String(mtime.getTime() / 1000)],
  ['size', String(size)],
  ['uid', String(uid)],
];

const sparseRecords = ({ path, size }: ArchiveEntry): readonly PaxRecord[] => [
  ['GNU.sparse.major', '1'],
  ['GNU.sparse.minor', '0'],
  ['GNU.sparse.name', path],
  ['GNU.sparse.realsize', String(size)],
];

const xattrKey = 'SCHILY.xattr.';
const aclKeys: Readonly<Record<string, string>> = {
  [accessAcl]: 'SCHILY.acl.access',
  [defaultAcl]: 'SCHILY.acl.default',
};
const aclNames = new Map(Object.entries(aclKeys).map(([name, key]) => [key, name]));

/**
 * Attributes as star and GNU tar write them, and bsdtar reads them: lists of access as text, all others as they are. A
 * record's key ends at its first `=`: GNU tar (since 1.30) writes `%3D` for it in a name.
 */
function attributeRecords(attributes: Attributes): readonly PaxRecord[] {
  const records: PaxRecord[] = [];
  for (const [name, value] of [...attributes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const aclKey = aclKeys[name];
    const text = aclKey === undefined ? undefined : aclText(value);
    if (aclKey !== undefined && text !== undefined) records.push([aclKey, text]);
    else {
      const inUtf8 = Buffer.from(name, 'latin1').toString('utf8');
      records.push([`${xattrKey}${inUtf8.replaceAll('%', '%25').replaceAll('=', '%3D')}`, value]);
    }
  }
  return records;
}

function attributesIn(records: ReadonlyMap<string, Buffer>): Attributes {
  if (records.size === 0) return noAttributes;
  const attributes = new Map<string, Buffer>();
  for (const [key, value] of records) {
    const aclName = aclNames.get(key);
    const acl = aclName === undefined ? value : aclValue(value.toString('latin1'));
    if (acl === undefined) throw new DamagedArchive('an access control list in it is damaged');
    if (aclName !== undefined) attributes.set(aclName, acl);
    if (!key.startsWith(xattrKey)) continue;
    const name = key.slice(xattrKey.length).replaceAll('%3D', '=').replaceAll('%25', '%');
    // A copy: what comes is a view into a far larger piece.
    attributes.set(Buffer.from(name).toString('latin1'), Buffer.from(value));
  }
  return attributes;
}

function paxHeader({ path, uid, gid, mtime }: HeaderFields, records: readonly PaxRecord[]): Buffer {
  const content = paxContent(records);
  const name = `PaxHeader/${basename(path)}`.slice(0, 99);
  const fields = { path: name, mode: 0o644, uid, gid, size: content.length, mtime };
  const header = new Header({ ...fields, type: 'ExtendedHeader' });
  header.encode();
  return Buffer.concat([header.block ?? Buffer.alloc(0), content, archivePadding(content.length)]);
}

/** What fills up the last block of a content of so many bytes. */
export const archivePadding = (size: number): Buffer => Buffer.alloc(paddingOf(size));

/** The end of an archive. */
export const archiveEnd: Buffer = Buffer.alloc(2 * blockSize);

/** Looks at an entry, and reads its content to the end, if at all; what it is handed is gone when it reads on. */
export type VisitEntry = (entry: ArchiveEntry, content: AsyncIterable<Buffer>) => Promise<void>;

/** More than any attributes of a file take: the kernel has 64 KB for each, and for the names of all of them. */
const mostPaxBytes = 64 * 1024 * 1024;

/**
 * Reads a tar of our own, an entry after the other. Anything but a regular file, a folder or a link is an error, as is
 * anything odd. An archive that was cut between two entries reads without an error: compare what came with a list.
 *
 * Not by node-tar, which reads extended headers by lines: neither names with line ends in them nor binary values.
 *
 * @throws DamagedArchive; whatever `visit` throws
 */
export async function readArchive(source: AsyncIterable<Buffer>, visit: VisitEntry): Promise<void> {
  const bytes = new ByteReader(source);
  try {
    let records: ReadonlyMap<string, Buffer> = new Map();
    while (!(await bytes.isAtEnd())) {
      const block = await bytes.take(blockSize);
      if (isZero(block)) break;
      const header = new Header(block);
      if (!header.cksumValid) throw new DamagedArchive('a header of it is damaged');
      if (header.type === 'ExtendedHeader') {
        const size = header.size ?? 0;
        if (size > mostPaxBytes) throw new DamagedArchive('an extended header of it is too long');
        const content = await bytes.take(size);
        await bytes.skip(paddingOf(size));
        records = new Map(paxRecords(content).map(({ key, value }) => [key, value]));
        continue;
      }
      await visitEntry(bytes, header, records, visit);
      records = new Map();
    }
    // Only at its end is it known that it decompresses well.
    await bytes.skipAll();
  } finally {
    await bytes.close();
  }
}

async function visitEntry(
  bytes: ByteReader,
  header: Header,
  records: ReadonlyMap<string, Buffer>,
  visit: VisitEntry,
): Promise<void> {
  const text = (key: string): string | undefined => records.get(key)?.toString('utf8');
  const number = (key: string, otherwise: number | undefined): number => Number(text(key) ?? otherwise ?? 0);
  const path = (text('GNU.sparse.name') ?? text('path') ?? header.path ?? '').replace(/\/+$/, '');
  const type = (Object.keys(tarTypes) as ArchiveEntry['type'][]).find(
    (name) => tarTypes[name] === header.type,
  );
  if (type === undefined) throw new DamagedArchive(`${path} is a ${header.type}`);
  const stored = number('size', header.size);
  const isSparse = records.has('GNU.sparse.realsize');
  const size = isSparse ? number('GNU.sparse.realsize', 0) : stored;
  if (!Number.isSafeInteger(stored) || !Number.isSafeInteger(size) || (type !== 'file' && size > 0))
    throw new DamagedArchive(`${path} has a size that it cannot have`);
  const end = bytes.position + stored;
  const extents = isSparse ? await readSparseMap(() => bytes.take(blockSize), size) : null;
  if (bytes.position + storedBytes({ extents, size }) !== end)
    throw new DamagedArchive(`${path} is not as long as its map says`);
  const seconds = text('mtime');
  const entry: ArchiveEntry = {
    path,
    type,
    mode: (header.mode ?? 0) & 0o7777,
    uid: number('uid', header.uid),
    gid: number('gid', header.gid),
    modifiedAt:
      seconds === undefined ? (header.mtime ?? new Date(0)) : new Date(Math.round(Number(seconds) * 1000)),
    size,
    target: type === 'link' || type === 'hardlink' ? (text('linkpath') ?? header.linkpath ?? '') : null,
    attributes: attributesIn(records),
    extents,
  };
  await visit(entry, contentOf(bytes, extents ?? [{ offset: 0, length: size }], size));
  await bytes.skip(end - bytes.position + paddingOf(stored));
}

/** The content of a file: what the archive has of it, and zeros for its holes. */
async function* contentOf(
  bytes: ByteReader,
  extents: readonly Extent[],
  size: number,
): AsyncGenerator<Buffer, void, undefined> {
  let at = 0;
  for (const { offset, length } of extents) {
    yield* zeroPieces(offset - at);
    for (at = offset; at < offset + length;) {
      const data = await bytes.some(offset + length - at);
      at += data.length;
      yield data;
    }
  }
  yield* zeroPieces(size - at);
}

const paddingOf = (size: number): number => inBlocks(size) - size;
