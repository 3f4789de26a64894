import { readIfThere } from './files.ts';

/**
 * The folders that something is mounted on: they cannot be renamed. Empty where the system does not tell.
 * A bind mount of the same file system has the same device number, so comparing those is not enough.
 */
export async function mountPoints(): Promise<ReadonlySet<string>> {
  const table = (await readIfThere('/proc/self/mountinfo')) ?? '';
  return new Set(
    table
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '')
      .filter((path) => path !== '')
      // proc(5): blanks, tabs, line ends and backslashes are written as octal numbers.
      .map((path) =>
        path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8))),
      ),
  );
}
