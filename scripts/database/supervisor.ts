import type { Context } from '../context.ts';
import { stream } from '../system/processes.ts';

/**
 * What watches over a throwaway server, in the words of a POSIX shell. It runs in a session of its own and reads a
 * pipe from us: however we end, by SIGKILL too, the pipe closes, and it ends the server and removes the folder. It
 * makes everything in the folder itself, the copy of the template included, so that nothing is left in between.
 */
const script = `
folder=$1 template=$2
shift 2
trap '' HUP INT PIPE
exec 3<&0 </dev/null
mkdir "$folder/tmp"
cp -a --reflink=auto --sparse=always "$template" "$folder/data" 2>/dev/null || {
  rm -rf "$folder/data"
  cp -Rp "$template" "$folder/data" >"$folder/log" 2>&1
}
"$@" </dev/null >>"$folder/log" 2>&1 3<&- &
server=$!
trap 'over=1; kill -KILL "$server"' TERM
{
  cat <&3 >/dev/null
  # The program may be a wrapper that is not the server itself: the server wrote down who it is.
  [ -e "$folder/ended" ] || kill -KILL "$server" $(cat "$folder/pid" 2>/dev/null)
} 2>/dev/null &
wait "$server"
: >"$folder/ended"
echo ended
[ -n "$over" ] || wait
trap '' TERM
kill -TERM 0
rm -rf "$folder"
`;

/** A server under supervision. */
export interface Supervised {
  /** The process that watches. */
  readonly pid: number;
  /** Whether the server has ended by itself. */
  readonly hasEnded: () => boolean;
  /** Ends the server, removes its folder, and settles when both are gone. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a server in a folder that is removed with it.
 *
 * @param template the data folder that is copied to `<folder>/data`
 * @param command the server program and its options; it logs to `<folder>/log`, and writes `<folder>/pid`
 */
export function supervise(
  context: Pick<Context, 'env'>,
  folder: string,
  template: string,
  command: readonly [program: string, ...options: string[]],
): Supervised {
  const child = stream(context, '/bin/sh', ['-c', script, 'maj-throwaway', folder, template, ...command], {
    stdin: 'pipe',
  });
  let ended = false;
  child.stdout.on('data', () => {
    ended = true;
  });
  // It may be gone before we close the pipe; the exit tells.
  child.stdin.on('error', () => undefined);
  const exited = child.exited.then(
    () => {
      ended = true;
    },
    () => {
      ended = true;
    },
  );
  return {
    pid: child.pid,
    hasEnded: () => ended,
    close: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
