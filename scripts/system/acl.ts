/**
 * The extended attributes of a file, folder or link by their names, in which each character stands for a byte. Access control
 * lists are among them: `accessAcl` and `defaultAcl` of acl.ts.
 */
export type Attributes = ReadonlyMap<string, Buffer>;

/** The attributes that hold the access control lists of POSIX (acl(5)), the second one for what is made in a folder. */
export const accessAcl = 'system.posix_acl_access';
export const defaultAcl = 'system.posix_acl_default';

/** The kinds of entries with their numbers in the kernel's format (include/uapi/linux/posix_acl.h), and their texts. */
const tags: Readonly<Record<number, string>> = {
  0x01: 'user:',
  0x02: 'user:id',
  0x04: 'group:',
  0x08: 'group:id',
  0x10: 'mask:',
  0x20: 'other:',
};
const tagOf = new Map(Object.entries(tags).map(([tag, text]) => [text, Number(tag)]));
const named = new Set([0x02, 0x08]);

/** An entry of a list: whom it is for, and what these may do, as bits like those of a mode. */
interface AclEntry {
  readonly tag: number;
  readonly permissions: number;
  /** Number of a user or group, where the entry is for one. */
  readonly id: number;
}

/** posix_acl_xattr.h: version 2, then 8 bytes an entry, in the byte order of little-endian machines everywhere. */
const version = 2;
const headBytes = 4;
const entryBytes = 8;
const noId = 0xffffffff;

/** The entries of a list in the kernel's format; undefined for what is none. */
function entriesOf(value: Buffer): readonly AclEntry[] | undefined {
  if (value.length < headBytes || (value.length - headBytes) % entryBytes !== 0) return undefined;
  if (value.readUInt32LE(0) !== version) return undefined;
  const entries: AclEntry[] = [];
  for (let at = headBytes; at < value.length; at += entryBytes)
    entries.push({
      tag: value.readUInt16LE(at),
      permissions: value.readUInt16LE(at + 2),
      id: value.readUInt32LE(at + 4),
    });
  return entries;
}

function valueOf(entries: readonly AclEntry[]): Buffer {
  const value = Buffer.alloc(headBytes + entries.length * entryBytes);
  value.writeUInt32LE(version, 0);
  for (const [index, { tag, permissions, id }] of entries.entries()) {
    const at = headBytes + index * entryBytes;
    value.writeUInt16LE(tag, at);
    value.writeUInt16LE(permissions, at + 2);
    value.writeUInt32LE(id, at + 4);
  }
  return value;
}

const letters = (permissions: number): string =>
  ['r', 'w', 'x'].map((letter, index) => ((permissions & (4 >> index)) === 0 ? '-' : letter)).join('');

/**
 * An access control list in the text form that star, GNU tar and bsdtar write and read in pax headers, on one line and with
 * numbers for names: `user::rwx,user:33:rw-,group::r-x,mask::rwx,other::---`.
 *
 * @returns undefined for what that form cannot hold
 */
export function aclText(value: Buffer): string | undefined {
  const texts = entriesOf(value)?.map(({ tag, permissions, id }) =>
    tags[tag] === undefined ? '' : `${tags[tag].replace('id', String(id))}:${letters(permissions)}`,
  );
  const text = texts?.join(',');
  return text !== undefined && aclValue(text)?.equals(value) === true ? text : undefined;
}

/** The kernel's format of such a text; undefined where it is none. */
export function aclValue(text: string): Buffer | undefined {
  const entries: AclEntry[] = [];
  for (const line of text.split(',')) {
    const [, kind = '', id = '', bits = ''] = /^([a-z]+):(\d{0,10}):([r-][w-][x-])$/.exec(line) ?? [];
    const tag = tagOf.get(`${kind}:${id === '' ? '' : 'id'}`);
    if (tag === undefined || Number(id) > noId) return undefined;
    const permissions = Number.parseInt(bits.replaceAll('-', '0').replaceAll(/[rwx]/g, '1'), 2);
    entries.push({ tag, permissions, id: named.has(tag) ? Number(id) : noId });
  }
  return valueOf(entries);
}

/**
 * The lists of something new in a folder with a default list, as the kernel gives them to what is made there (acl(5),
 * "Object creation and default ACLs"): no more than the mode allows.
 *
 * @param mode what the thing is made with
 */
export function inheritedAcls(folder: Buffer, type: 'file' | 'folder', mode: number): Attributes {
  const entries = entriesOf(folder);
  if (entries === undefined) return new Map();
  const shifts = shiftsOf(entries);
  const access = entries.map(({ tag, permissions, id }) => {
    const shift = shifts[tag];
    return { tag, id, permissions: shift === undefined ? permissions : permissions & (mode >> shift) };
  });
  return new Map([
    [accessAcl, valueOf(access)],
    ...(type === 'folder' ? ([[defaultAcl, folder]] as const) : []),
  ]);
}

/**
 * The list of a file that another content comes for: the same, but whoever may read it may run it if, and only if, that is
 * a program. What the mask does not allow nobody that is named may do.
 *
 * @param mode of the file that comes
 */
export function aclOfProgram(value: Buffer, mode: number): Buffer {
  const entries = entriesOf(value);
  if (entries === undefined) return value;
  const runs = (mode & 0o100) !== 0;
  const shifts = shiftsOf(entries);
  return valueOf(
    entries.map((entry) => {
      const { tag, permissions } = entry;
      if (runs) return { ...entry, permissions: permissions | ((permissions & 4) === 0 ? 0 : 1) };
      return shifts[tag] === undefined ? entry : { ...entry, permissions: permissions & 6 };
    }),
  );
}

/** The entries that a mode has a place for, and that place: with a mask, the middle one is of that. */
function shiftsOf(entries: readonly AclEntry[]): Readonly<Record<number, number>> {
  const hasMask = entries.some(({ tag }) => tag === 0x10);
  return { 0x01: 6, [hasMask ? 0x10 : 0x04]: 3, 0x20: 0 };
}
