import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './context.ts';
import { isRoot } from './root.ts';

/** A command that stands for `docker exec -i`, and where the server's socket is once one is inside. */
export interface Container {
  /** Runs its arguments inside. */
  readonly command: string;
  readonly socket: string;
}

/**
 * Makes a command that runs its arguments with another view of the file system and without any of our environment: the
 * temporary folder, in which the server and our option files are, is empty there; the server's socket is elsewhere.
 *
 * @param socket of the server, as seen from here
 * @param programs the folder that is all there is on PATH inside, beside the system's own
 */
export function makeContainer(socket: string, programs: string): Container {
  const folder = temporaryFolder('container');
  const command = join(folder, 'enter');
  writeFileSync(
    command,
    `#!/bin/sh
exec unshare ${isRoot ? '' : '--user --map-root-user '}--mount sh -c '
  mount --bind "${dirname(socket)}" /mnt &&
  mount -t tmpfs tmpfs /tmp &&
  exec env -i PATH=${programs}:/usr/bin:/bin "$@"' sh "$@"
`,
  );
  chmodSync(command, 0o755);
  return { command, socket: join('/mnt', 's') };
}
