import { closeSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import { openPlain } from '../../system/beneath.ts';
import type { ArchivedTree } from './archive-files.ts';
import type { FoundThing } from './changes-since.ts';
import { stampOf } from './looked.ts';
import { walk, type Walked } from './walk.ts';

/** A thing as a second walk finds it, with what it takes to archive it. */
export interface FoundAgain extends FoundThing {
  readonly walked: Walked;
}

/** Walks a tree to compare it with what was archived of it. */
export async function* lookAgain({ root, leaveOut }: ArchivedTree): AsyncGenerator<FoundAgain> {
  for await (const walked of walk(root, leaveOut)) {
    const { path, stats } = walked;
    const stamp = stats.isFile() ? stampOfFile(join(root, path)) : stampOf(stats);
    yield { path, isFolder: stats.isDirectory(), stamp, walked };
  }
}

/**
 * A network file system answers `stat` from what it remembers, for up to a minute (nfs(5), acregmax), while another machine
 * writes: only of a file that is opened it asks its server. Undefined where it cannot be opened: whoever archives it says why.
 */
function stampOfFile(path: string): string | undefined {
  try {
    const { file } = openPlain(path);
    try {
      return stampOf(fstatSync(file, { bigint: true }));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
