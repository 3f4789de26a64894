import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import * as v from 'valibot';
import { systemErrorCode } from '../files.ts';
import { hasEnded, processStat } from './process-group.ts';

/** A process's identity, as it is read back from a lock or a journal. */
export const identitySchema = v.object({
  pid: v.number(),
  host: v.string(),
  /** Changes with every boot; empty where the system does not tell. */
  bootId: v.string(),
  /** The kernel's start time of the process, in clock ticks since boot: tells a reused pid. */
  startTicks: v.string(),
  /** What the process id counts in, see `processSpace`; empty where the system does not tell, absent in older records. */
  pidNamespace: v.optional(v.string()),
});

/** Who is running: enough to tell, later and from another process, a live run from a dead one. */
export type ProcessIdentity = Readonly<v.InferOutput<typeof identitySchema>>;

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    host: hostname(),
    bootId: bootId(),
    startTicks: startTicks(process.pid),
    pidNamespace: processSpace(),
  };
}

/** Where a recorded process ran, as seen from this one; `other-boot`: here, before the machine was restarted. */
export type ProcessPlace = 'here' | 'other-boot' | 'other-container' | 'other-host';

/** Where a recorded process ran. */
export function placeOf(identity: ProcessIdentity): ProcessPlace {
  if (identity.host !== hostname()) return 'other-host';
  if (identity.bootId !== bootId()) return 'other-boot';
  const [theirs, ours] = [identity.pidNamespace ?? '', processSpace()];
  return theirs === '' || ours === '' || theirs === ours ? 'here' : 'other-container';
}

/**
 * Whether a recorded process is: still running, dead, or on another host or in another container of this one, of which
 * nothing can be known here: its id means another process, or none.
 */
export function livenessOf(identity: ProcessIdentity): 'alive' | 'dead' | 'elsewhere' {
  switch (placeOf(identity)) {
    case 'other-host':
    case 'other-container':
      return 'elsewhere';
    case 'other-boot':
      return 'dead';
    case 'here':
      return isAlive(identity.pid) && startTicks(identity.pid) === identity.startTicks ? 'alive' : 'dead';
  }
}

/** Whether a process with this id runs. A zombie does not: in a container it can stay for ever, if its init never asks. */
export function isAlive(pid: number): boolean {
  if (hasEnded(processStat(pid) ?? [])) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

/**
 * What the process ids that we see are counted in: the kernel's number of the namespace, which differs from container to
 * container, in base 36; empty where the system does not tell.
 */
export function processSpace(): string {
  try {
    return Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 0).toString(36);
  } catch {
    return '';
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** The 22nd field of proc_pid_stat(5). */
const startTicks = (pid: number): string => processStat(pid)?.[19] ?? '';

/** Whether this process may give files to other users. */
export const runsAsRoot = (): boolean => ownUserId() === 0;

/** The number of the user that this process acts as; undefined where users have none. */
export const ownUserId = (): number | undefined => process.geteuid?.();

/** The name of the user that this process runs as; its number where it has none, as in many containers. */
export function ownUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.geteuid?.() ?? '?'}`;
  }
}
