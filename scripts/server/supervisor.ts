import type { Context } from '../core/context.ts';
import { stream } from '../system/process/processes.ts';
import { transientUsers, type Isolation } from './isolation.ts';

/**
 * What watches over a throwaway server, in the words of a POSIX shell. It runs in a session of its own and reads a
 * pipe from us: however we end, by SIGKILL too, the pipe closes, and it ends the server and removes the folder. It
 * makes everything in the folder itself, the copy of the template included, so that nothing is left in between.
 *
 * Where the server is to be another user, that is one that has no account and no process: found from our own process id,
 * which no other of these has at the same time. Then everything of that user's is ours to end, and what it has written is
 * removed as that user: nothing that the server says, or puts in the place of something, is believed by root.
 */
const script = `
folder=$1 template=$2 user=$3 apart=$4 programs=$5 closed=$6 closed2=$7 open=$8
shift 8
trap '' HUP INT PIPE
exec 3<&0 </dev/null
mkdir "$folder/tmp" "$folder/r"
: >"$folder/log"
cp -a --reflink=auto --sparse=always "$template" "$folder/data" 2>/dev/null || {
  rm -rf "$folder/data"
  cp -Rp "$template" "$folder/data" >"$folder/log" 2>&1
}
become=
if [ -n "$user" ]; then
  uid=$((${transientUsers.first} + ($$ + user) % ${transientUsers.last + 1 - transientUsers.first}))
  while [ -n "$(find /proc -maxdepth 1 -uid "$uid" 2>/dev/null)" ] || [ -e "/run/systemd/dynamic-uid/$uid" ] ||
    getent passwd "$uid" >/dev/null 2>&1 || getent group "$uid" >/dev/null 2>&1; do
    uid=$((uid == ${transientUsers.last} ? ${transientUsers.first} : uid + 1))
  done
  become="setpriv --reuid=$uid --regid=$uid --clear-groups --no-new-privs --"
  # We enter by our group: root in a container is not always allowed what is another's.
  chgrp "$uid" "$folder" && chmod 710 "$folder" &&
    chmod 770 "$folder/tmp" "$folder/r" && chown "$uid:$(id -g)" "$folder/tmp" "$folder/r" &&
    chmod 700 "$folder/data" && chown -R "$uid:$uid" "$folder/data" 2>>"$folder/log"
fi
if [ -n "$closed" ]; then
  set -- /bin/sh -c "$open" maj-throwaway "$folder" "$programs" "$closed" "$closed2" $become "$@"
else
  set -- $become "$@"
fi
$apart "$@" </dev/null >>"$folder/log" 2>&1 3<&- &
server=$!
trap 'over=1; kill -KILL "$server"' TERM
{
  cat <&3 >/dev/null
  # The program may be a wrapper that is not the server itself: the server wrote down who it is.
  [ -e "$folder/ended" ] || kill -KILL "$server" $([ -n "$become" ] || cat "$folder/r/pid" 2>/dev/null)
} 2>/dev/null &
wait "$server"
: >"$folder/ended"
echo ended
[ -n "$over" ] || wait
trap '' TERM
kill -TERM 0
if [ -n "$become" ]; then
  # From within: the way to it may be closed to that user.
  cd "$folder" && $become /bin/sh -c 'kill -KILL -1; rm -rf data tmp r' 2>/dev/null
  rmdir data tmp r 2>/dev/null
  cd /
fi
rm -rf "$folder"
`;

/**
 * Opens a way for a user through folders that root alone may pass, for this process only: in its own view of the file
 * system these folders are empty but for the server's folder and its programs.
 */
const open = `
folder=$1 programs=$2 closed=$3 closed2=$4
shift 4
exec 5<"$folder" 6<"\${programs:-/}"
mount -t tmpfs -o mode=755,size=1m maj "$closed" || exit
[ -z "$closed2" ] || mount -t tmpfs -o mode=755,size=1m maj "$closed2" || exit
for way in 5"$folder" \${programs:+6"$programs"}; do
  (umask 022 && mkdir -p "\${way#?}") && mount --no-canonicalize --bind "/proc/self/fd/\${way%"\${way#?}"}" "\${way#?}" || exit
done
exec 5<&- 6<&- "$@"
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
 * @param command the server program and its options; it logs to `<folder>/log`, and writes `<folder>/r/pid`
 */
export function supervise(
  context: Pick<Context, 'env'>,
  folder: string,
  template: string,
  command: readonly [program: string, ...options: string[]],
  { user, apart, programs, closed: [closed, closed2] }: Isolation,
): Supervised {
  const kept = [user === undefined ? '' : String(user), apart.join(' '), programs, closed, closed2];
  const words = [folder, template, ...kept.map((word) => word ?? ''), open, ...command];
  const child = stream(context, '/bin/sh', ['-c', script, 'maj-throwaway', ...words], { stdin: 'pipe' });
  let ended = false;
  const end = (): void => void (ended = true);
  child.stdout.on('data', end);
  // It may be gone before we close the pipe; the exit tells.
  child.stdin.on('error', () => undefined);
  const exited = child.exited.then(end, end);
  return {
    pid: child.pid,
    hasEnded: () => ended,
    close: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
