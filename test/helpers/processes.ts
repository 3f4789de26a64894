import { readdirSync, readFileSync } from 'node:fs';

/** A process that runs. */
export interface RunningProcess {
  readonly pid: number;
  readonly arguments: string;
  /** Empty where we may not read it. */
  readonly environment: string;
}

/** The processes below one, children's children too. */
export function processesBelow(root: number): RunningProcess[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const status = read(`/proc/${name}/stat`);
    // proc(5): the name, in brackets, may hold blanks and brackets itself; the parent is the second field after it.
    const parent = status.slice(status.lastIndexOf(')') + 2).split(' ')[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).map((pid) => ({
    pid,
    arguments: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '),
    environment: read(`/proc/${pid}/environ`),
  }));
}

/** The command lines of all processes that hold a text, whoever started them. */
export function processesMentioning(text: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))
    .filter((words) => words.includes(text));
}

/** Waits until there is such a process below one, and hands it out. */
export async function waitForProcess(root: number, pattern: RegExp): Promise<RunningProcess> {
  for (let tries = 0; tries < 20_000; tries += 1) {
    const found = processesBelow(root).find((process) => pattern.test(process.arguments));
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`no process ${pattern.source} in time`);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
