import type { Entry, LocalFileHeader } from 'yauzl';
import { DamagedArchive } from './damaged-archive.ts';

/** What an entry of a zip archive is, in the words of the tar reader. */
export interface ZipFacts {
  readonly path: string;
  readonly typeName: 'File' | 'Directory' | 'SymbolicLink' | 'Special';
  readonly mode: number;
}

/** Who wrote the external attributes, where they hold a Unix mode: Unix, or macOS (APPNOTE.TXT 4.4.2). */
const unixHosts: readonly number[] = [3, 19];
const encrypted = 0b1;
const sizesFollow = 0b1000;
const headersMasked = 1 << 13;
const unicodePath = 0x7075;
const zip64 = 0xffff_ffff;

/**
 * Takes the directory's entry and the header before its data together: pure.
 *
 * @throws DamagedArchive where they say two things, or one that cannot be read without a password
 */
export function entryFacts(entry: Entry, local: LocalFileHeader): ZipFacts {
  const path = decoded(entry.fileNameRaw);
  const refuse = (what: string): never => {
    throw new DamagedArchive(`${what} (${JSON.stringify(path)})`);
  };
  if (((entry.generalPurposeBitFlag | local.generalPurposeBitFlag) & (encrypted | headersMasked)) !== 0)
    refuse('an entry is encrypted');
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
    refuse(`an entry is packed by method ${entry.compressionMethod}, not by deflate`);
  if (!local.fileName.equals(entry.fileNameRaw)) refuse('an entry has another name in its own header');
  if (local.compressionMethod !== entry.compressionMethod) refuse('an entry is packed in two ways');
  if ((local.generalPurposeBitFlag & sizesFollow) === 0 && !sameSizes(entry, local))
    refuse('an entry has another size or sum in its own header');
  if (entry.compressionMethod === 0 && entry.compressedSize !== entry.uncompressedSize)
    refuse('an entry that is not packed has two sizes');
  const other = entry.extraFields.find(({ id }) => id === unicodePath)?.data.subarray(5);
  if (other !== undefined && !other.equals(entry.fileNameRaw)) refuse('an entry has two names');
  const { typeName, mode } = kindOf(entry, path);
  if (typeName === 'Directory' && entry.uncompressedSize !== 0) refuse('a folder has content');
  return { path, typeName, mode };
}

/** UTF-8, whether or not the entry says so: macOS does not. What is not becomes `\ufffd`, which the rules refuse. */
const decoded = (name: Buffer): string => name.toString('utf8');

function sameSizes(entry: Entry, local: LocalFileHeader): boolean {
  // In a zip64 header the sizes stand in an extra field, where yauzl does not look for the local ones.
  const same = (ours: number, theirs: number): boolean => ours === theirs || ours === zip64;
  return (
    local.crc32 === entry.crc32 &&
    same(local.compressedSize, entry.compressedSize) &&
    same(local.uncompressedSize, entry.uncompressedSize)
  );
}

const formats: Readonly<Record<number, ZipFacts['typeName']>> = {
  0o100000: 'File',
  0o040000: 'Directory',
  0o120000: 'SymbolicLink',
};

function kindOf(entry: Entry, path: string): Pick<ZipFacts, 'typeName' | 'mode'> {
  const named = path.endsWith('/') ? 'Directory' : 'File';
  const usual = { typeName: named, mode: named === 'Directory' ? 0o755 : 0o644 } as const;
  if (!unixHosts.includes(entry.versionMadeBy >> 8)) return usual;
  const mode = entry.externalFileAttributes >>> 16;
  const format = mode & 0o170000;
  // Programs that know no modes write none at all.
  if (mode === 0) return usual;
  const typeName = format === 0 ? named : (formats[format] ?? 'Special');
  if ((typeName === 'Directory') !== (named === 'Directory'))
    throw new DamagedArchive(
      `an entry is a folder by its name or by its mode alone (${JSON.stringify(path)})`,
    );
  return { typeName, mode: mode & 0o7777 };
}
