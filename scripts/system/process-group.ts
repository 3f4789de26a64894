import { readdirSync, readFileSync } from 'node:fs';

/** Signals a process and all that it started, as far as that stayed in its group. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Gone already.
  }
}

/**
 * Whether anything in a process group still runs. A zombie does not: it waits for its parent, which in a container can
 * be an init that never asks.
 */
export function groupRuns(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    // EPERM: there are some, of other users.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const processes = processIds();
  return processes === undefined || processes.some((pid) => runsIn(pid, group));
}

/** All processes that are seen; undefined where the system has no `/proc`. */
function processIds(): readonly string[] | undefined {
  try {
    const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return ids.length === 0 ? undefined : ids;
  } catch {
    return undefined;
  }
}

/** proc_pid_stat(5): after the name, which can hold anything, come state, parent and group. */
function runsIn(pid: string, group: number): boolean {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, , pgrp] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return pgrp === String(group) && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}
