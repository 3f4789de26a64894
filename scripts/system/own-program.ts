/** The words that start this very program again: Node, its options (the TypeScript loader among them), our file. */
export function ownCommand(): readonly [program: string, ...args: string[]] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
}
