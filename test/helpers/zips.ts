import { crc32, deflateRawSync } from 'node:zlib';

/** One entry of a zip archive, written as it is given, sound or not. */
export interface ZipEntry {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** With the type of file, as in 0o100644; undefined: written by a program that knows no modes. */
  readonly mode?: number;
  readonly stored?: boolean;
  /** Bits of the general purpose flag beside that of a data descriptor; 0x800 says that names are UTF-8. */
  readonly flags?: number;
  /** Sizes and sum come after the data, as where the archive was written to a pipe. */
  readonly descriptor?: boolean;
  readonly extra?: Buffer;
  /** Its sizes stand in an extra field of 64 bits each, as of a file of more than 4 GB. */
  readonly zip64?: boolean;
  /** What the entry in the directory says, where it is not the truth. */
  readonly says?: {
    readonly bytes?: number;
    readonly packed?: number;
    readonly sum?: number;
    readonly method?: number;
  };
  /** What the header before the data says, where it differs from the directory. */
  readonly local?: { readonly name?: string; readonly bytes?: number; readonly method?: number };
  /** Where the directory says that the data is, where it is somewhere else. */
  readonly at?: number;
}

const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

/** A zip archive of these entries, written byte by byte: real tools refuse to make most evil ones. */
export function zipOf(entries: readonly ZipEntry[], options: { readonly count?: number } = {}): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = headersOf(entry, entry.at ?? offset);
    locals.push(local);
    directory.push(central);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const count = u16(options.count ?? entries.length);
  const end = [u32(0x06054b50), u16(0), u16(0), count, count, u32(listed.length), u32(offset), u16(0)];
  return Buffer.concat([...locals, listed, ...end]);
}

function headersOf(entry: ZipEntry, at: number): { local: Buffer; central: Buffer } {
  const content = Buffer.from(entry.content ?? '');
  const packed = entry.stored === true ? content : deflateRawSync(content);
  const method = entry.says?.method ?? (entry.stored === true ? 0 : 8);
  const name = Buffer.from(entry.name);
  const flags = (entry.flags ?? 0x800) | (entry.descriptor === true ? 0b1000 : 0);
  const sum = entry.says?.sum ?? crc32(content);
  const inExtra = u32(0xffff_ffff);
  const sizes =
    entry.zip64 === true
      ? [u32(sum), inExtra, inExtra]
      : [u32(sum), u32(entry.says?.packed ?? packed.length), u32(entry.says?.bytes ?? content.length)];
  const large =
    entry.zip64 === true
      ? Buffer.concat([u16(1), u16(16), u64(content.length), u64(packed.length)])
      : Buffer.alloc(0);
  const localName = entry.local?.name === undefined ? name : Buffer.from(entry.local.name);
  const localSizes =
    entry.zip64 === true
      ? sizes
      : entry.descriptor === true
        ? [u32(0), u32(0), u32(0)]
        : [
            u32(sum),
            u32(entry.says?.packed ?? packed.length),
            u32(entry.local?.bytes ?? entry.says?.bytes ?? content.length),
          ];
  const extra = Buffer.concat([entry.extra ?? Buffer.alloc(0), large]);
  const local = Buffer.concat([
    ...[u32(0x04034b50), u16(20), u16(flags), u16(entry.local?.method ?? method), u32(0), ...localSizes],
    ...[u16(localName.length), u16(large.length), localName, large, packed],
    ...(entry.descriptor === true ? [u32(0x08074b50), ...sizes] : []),
  ]);
  const host = entry.mode === undefined ? 0 : 3;
  const central = Buffer.concat([
    ...[u32(0x02014b50), u16((host << 8) | 20), u16(20), u16(flags), u16(method), u32(0), ...sizes],
    ...[u16(name.length), u16(extra.length), u16(0), u16(0), u16(0)],
    ...[u32(((entry.mode ?? 0) << 16) >>> 0), u32(at), name, extra],
  ]);
  return { local, central };
}
