import { buffer } from 'node:stream/consumers';
import type { Context } from '../core/context.ts';
import { codecNamed, readStored, type Codec } from '../dump/codec.ts';
import type { Flavour } from '../sql/flavour.ts';
import { partPath } from './layout.ts';
import type { Backup } from './list.ts';
import type { ManifestPart } from './manifest.ts';

/** Where the parts of a backup are, and how they are read. */
export interface PartSource {
  readonly folder: string;
  readonly codec: Codec;
  /** Whose program wrote them. */
  readonly flavour: Flavour;
}

/** @throws MajError `codec-missing` when this machine cannot read them */
export const partSource = async (
  context: Pick<Context, 'env'>,
  { folder, manifest }: Pick<Backup, 'folder' | 'manifest'>,
): Promise<PartSource> => ({
  folder,
  codec: await codecNamed(context, manifest.codec),
  flavour: manifest.database.server.flavour,
});

/** The plain bytes of a part, as `readStored` reads them. */
export const readPart = (
  { folder, codec }: Omit<PartSource, 'flavour'>,
  { name }: Pick<ManifestPart, 'name'>,
): ReturnType<typeof readStored> => readStored(partPath(folder, name), codec);

/**
 * The text of a part that is not rows: small enough to be read at once.
 *
 * @param encoding `latin1`: each character stands for one byte
 */
export const readPartText = async (
  source: PartSource,
  part: ManifestPart,
  encoding: 'latin1' | 'utf8',
): Promise<string> => (await buffer(readPart(source, part))).toString(encoding);
