import { readStored, type Codec } from '../dump/codec.ts';
import type { Flavour } from '../sql/flavour.ts';
import { partPath } from './layout.ts';
import type { ManifestPart } from './manifest.ts';

/** Where the parts of a backup are, and how they are read. */
export interface PartSource {
  readonly folder: string;
  readonly codec: Codec;
  /** Whose program wrote them, where their statements are cut apart. */
  readonly flavour?: Flavour;
}

/**
 * The text of a part that is not rows: small enough to be read at once.
 *
 * @param encoding `latin1`: each character stands for one byte
 */
export async function readPartText(
  { folder, codec }: PartSource,
  part: ManifestPart,
  encoding: 'latin1' | 'utf8',
): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readStored(partPath(folder, part.name), codec)) chunks.push(chunk);
  return Buffer.concat(chunks).toString(encoding);
}
