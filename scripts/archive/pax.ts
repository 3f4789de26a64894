import { isUtf8 } from 'node:buffer';
import { DamagedArchive } from './byte-reader.ts';

/** What a tar archive is made of, in bytes. */
export const blockSize = 512;

/** So many bytes, filled up to whole blocks. */
export const inBlocks = (bytes: number): number => Math.ceil(bytes / blockSize) * blockSize;

/** One record of an extended header, with the place of all of it in the header's content. */
interface PaxRecord {
  readonly key: string;
  readonly value: Buffer;
  readonly from: number;
  readonly to: number;
}

/** What says where an entry lies and how long it is; all else (times, owners, comments, attributes) is nothing to us. */
const needed: readonly string[] = ['path', 'linkpath', 'size'];

/** Files whose content in the archive is not what they hold: only the parts between their holes. */
const sparse = /^(GNU\.sparse\.|SCHILY\.realsize$|SUN\.holesdata$)/;

/**
 * Reads the content of a pax header by the lengths that its records begin with (POSIX pax, "Extended Header"), and blanks
 * out with line ends what is not needed: node-tar reads it by lines, takes lines in a value for records, and passes over
 * those that it cannot read, so that an entry would come under another name.
 *
 * @param content changed in place
 * @param global whether it is of all entries that follow
 * @returns the size in bytes that it gives the next entry, if any
 * @throws DamagedArchive
 */
export function cleanPax(content: Buffer, global: boolean): number | undefined {
  const seen = new Set<string>();
  let size: number | undefined;
  for (const { key, value, from, to } of paxRecords(content)) {
    if (sparse.test(key)) throw new DamagedArchive('it holds a sparse file, which cannot be unpacked');
    if (!needed.includes(key)) {
      content.fill('\n', from, to);
      continue;
    }
    if (global) throw new DamagedArchive(`a global header gives all entries the same ${key}`);
    if (seen.has(key)) throw new DamagedArchive(`an extended header gives an entry more than one ${key}`);
    seen.add(key);
    if (key === 'size') size = sizeIn(value);
    else checkName(value, key);
  }
  return size;
}

/** The content of a pax header with these records; the characters of keys and texts are written in UTF-8. */
export function paxContent(records: readonly (readonly [key: string, value: string | Buffer])[]): Buffer {
  return Buffer.concat(
    records.map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
      // The length counts its own digits.
      let length = rest.length;
      while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
      return Buffer.concat([Buffer.from(String(length)), rest]);
    }),
  );
}

/**
 * The records of a pax header.
 *
 * @throws DamagedArchive
 */
export function paxRecords(content: Buffer): readonly PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let from = 0; from < content.length;) {
    const [start, digits] = /^([1-9]\d{0,6}) /.exec(content.toString('latin1', from, from + 8)) ?? [];
    const to = from + Number(digits);
    const equals = content.indexOf('=', from);
    const keyFrom = from + (start ?? '').length;
    // Of what is no number, nothing is true.
    if (!(to <= content.length && equals > keyFrom && equals < to && content[to - 1] === lineEnd))
      throw new DamagedArchive('an extended header is not made of records of the lengths that they say');
    records.push({
      key: content.toString('utf8', keyFrom, equals),
      value: content.subarray(equals + 1, to - 1),
      from,
      to,
    });
    from = to;
  }
  return records;
}

const lineEnd = 0x0a;

function sizeIn(value: Buffer): number {
  const text = value.toString('latin1');
  const size = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(size))
    throw new DamagedArchive('an extended header gives an entry a size that is no number');
  return size;
}

function checkName(value: Buffer, key: string): void {
  if (value.length === 0) throw new DamagedArchive(`an extended header gives an entry an empty ${key}`);
  if (value.some((byte) => byte < 0x20 || byte === 0x7f))
    throw new DamagedArchive(`an extended header gives an entry a ${key} with control characters`);
  if (!isUtf8(value))
    throw new DamagedArchive(`an extended header gives an entry a ${key} that is not UTF-8`);
}
