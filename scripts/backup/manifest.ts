import * as v from 'valibot';
import { sha256OfText } from '../core/text-hash.ts';
import { codecNames } from '../dump/codec.ts';
import { flavours } from '../sql/flavour.ts';

const text = v.string();
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256 = v.pipe(text, v.regex(/^[0-9a-f]{64}$/));
/** Names that stay within the folder of the backup. */
const fileName = v.pipe(text, v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/));

const list = <T>(item: v.GenericSchema<unknown, T>) => v.pipe(v.array(item), v.readonly());

const stored = { bytes: count, sha256, storedBytes: count, storedSha256: sha256 };

const part = v.strictObject({
  /** The file's name within `database/`. */
  name: fileName,
  kind: v.picklist(['header', 'table', 'view', 'sequence', 'events', 'routines', 'view-body', 'final']),
  object: v.nullable(text),
  section: v.picklist(['structure', 'rows', 'after']),
  number: count,
  index: count,
  ...stored,
});

const server = v.strictObject({ flavour: v.picklist(flavours), version: text, text });

const inventory = v.strictObject({
  charset: text,
  collation: text,
  tables: list(v.strictObject({ name: text, engine: text })),
  views: list(text),
  triggers: list(text),
  routines: list(v.strictObject({ name: text, kind: text })),
  events: list(text),
  sequences: list(text),
});

const manifest = v.strictObject({
  format: v.literal(1),
  id: fileName,
  createdAt: v.pipe(text, v.isoTimestamp()),
  /** Milliseconds. */
  durationMs: v.number(),
  /** Of these, what the database took; absent where it was not measured. */
  databaseMs: v.optional(v.number()),
  tool: text,
  appVersion: v.nullable(text),
  database: v.strictObject({
    name: text,
    charset: text,
    collation: text,
    server,
    /** Version of the dump program. */
    client: text,
    /** Of the structure, as it was when the dump was taken. */
    fingerprint: text,
    /** The accounts that its views, routines, triggers and events run as. */
    definers: list(v.strictObject({ user: text, host: text })),
    /**
     * Tables of other databases that its views read: names and columns, so that a throwaway server can have such tables,
     * without a row. Absent where there are none.
     */
    outside: v.optional(
      list(
        v.strictObject({
          schema: text,
          name: text,
          isView: v.boolean(),
          columns: list(v.strictObject({ name: text, type: text, collation: v.nullable(text) })),
        }),
      ),
    ),
    /** The server's lower_case_table_names: fixed when a server is made. Backups of the first days do not tell. */
    lowerCaseTableNames: v.optional(v.picklist([0, 1, 2])),
    /** The time zone of its clients, where it is not that of this machine: a name, or an offset. */
    timeZone: v.optional(text),
    /**
     * Where it was reached, and what its server says of itself: by which it is told from others of the same name. Backups
     * of the first days do not tell.
     */
    identity: v.optional(v.strictObject({ address: text, server: text })),
  }),
  codec: v.picklist(codecNames),
  /** Bytes of rows after which a new part begins. Backups of the first days do not tell: it was 32 MB. */
  rowBytes: v.optional(v.pipe(count, v.minValue(1)), 32 * 1024 * 1024),
  parts: list(part),
  dumpBytes: count,
  /** See `dumpSum`. */
  dumpSha256: sha256,
  inventory,
  files: v.nullable(
    v.strictObject({
      archive: v.strictObject({ name: fileName, ...stored }),
      /**
       * What had changed by the time that the archive was done: a second archive, and the paths that are cleared before it is
       * unpacked. Absent where nothing had.
       */
      late: v.optional(
        v.strictObject({
          archive: v.strictObject({ name: fileName, ...stored }),
          cleared: v.strictObject({ name: fileName, bytes: count, sha256 }),
        }),
      ),
      list: v.strictObject({ name: fileName, bytes: count, sha256 }),
      /** Entries, and the bytes of the regular files among them. */
      count,
      bytes: count,
      /** Bytes of these that are holes, which take no room; absent where there are none. */
      holes: v.optional(count),
    }),
  ),
  restoreScript: v.strictObject({ name: fileName, bytes: count, sha256 }),
});

/** What a backup holds; written last, so that where it is, the backup is whole. */
export type Manifest = v.InferOutput<typeof manifest>;
/** The application's files in a backup. */
export type ManifestFiles = NonNullable<Manifest['files']>;
/** A part in the manifest: where it belongs, its file and its sums. */
export type ManifestPart = Manifest['parts'][number];

/** The name of the file in the backup's folder. */
export const manifestName = 'manifest.json';

/** Reads a `manifest.json`; undefined when it is not one, or not as it was written. */
export const parseManifest = (content: string): Manifest | undefined => openSealed(manifest, content);

/** JSON for people to read, with a checksum of its own content as the last field. */
export function sealedJson(content: object): string {
  return `${JSON.stringify({ ...content, seal: sha256OfText(JSON.stringify(content)) }, undefined, 2)}\n`;
}

/** Reads what `sealedJson` wrote; undefined when it is damaged or of another shape. */
export function openSealed<T>(schema: v.GenericSchema<unknown, T>, text: string): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const envelope = v.safeParse(v.looseObject({ seal: v.string() }), value);
  if (!envelope.success) return undefined;
  const { seal, ...content } = envelope.output;
  if (seal !== sha256OfText(JSON.stringify(content))) return undefined;
  const parsed = v.safeParse(schema, content);
  return parsed.success ? parsed.output : undefined;
}
