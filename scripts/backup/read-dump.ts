import type { Context, Progress } from '../context.ts';
import { codecNamed, readStored } from './codec.ts';
import { partPath } from './layout.ts';
import type { Backup } from './list.ts';

/** The dump of a backup, byte for byte, from its parts in order. */
export async function* readDump(
  context: Pick<Context, 'env'>,
  backup: Backup,
  progress: Progress,
): AsyncGenerator<Buffer, void, undefined> {
  const codec = await codecNamed(context, backup.manifest.codec);
  let done = 0;
  for (const part of backup.manifest.parts) {
    for await (const data of readStored(partPath(backup.folder, part.name), codec)) {
      yield data;
      progress((done += data.length), backup.manifest.dumpBytes);
    }
  }
}
