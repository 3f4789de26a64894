import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './context.ts';

/** A dump program that stops in the middle of its dump until it is told to go on. */
export interface HeldDump {
  /** What CLIENT_COMMAND is to be. */
  readonly command: readonly string[];
  /** Settles when so many bytes have come through, and the program waits. */
  readonly reached: () => Promise<void>;
  readonly release: () => void;
}

/**
 * Makes a CLIENT_COMMAND that lets so many bytes of a dump pass and then waits; with 0 the program has not begun. What
 * a test does meanwhile happens in the middle of the dump, on every machine.
 */
export function holdDump(bytes: number): HeldDump {
  const path = join(temporaryFolder('held'), 'client');
  writeFileSync(
    path,
    `#!/bin/bash
set -o pipefail
script=$(cat)
wait_here() {
  : >"$0.reached"
  while [ ! -e "$0.go" ]; do sleep 0.02; done
}
case $script in
*--defaults-file=*) ;;
*) exec sh -c "$script" ;;
esac
[ ${bytes} -gt 0 ] || wait_here
printf '%s\\n' "$script" | "$@" | {
  head -c ${bytes}
  [ ${bytes} -eq 0 ] || wait_here
  cat
}
`,
  );
  chmodSync(path, 0o755);
  return {
    command: [path],
    reached: () => whenThere(`${path}.reached`),
    release: () => writeFileSync(`${path}.go`, ''),
  };
}

async function whenThere(path: string): Promise<void> {
  for (let tries = 0; tries < 6000; tries += 1) {
    if (existsSync(path)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no ${path} in time`);
}
