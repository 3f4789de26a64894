import type { Flavour } from '../database/flavour.ts';
import { ScriptMachine } from './script-machine.ts';
import type { Statement } from './statement.ts';

/** What the splitter needs to know beside the text. */
export interface SplitOptions {
  /** The name of the file, for errors. */
  readonly file: string;
  /** The sql_mode that the script starts in. */
  readonly sqlMode?: string | undefined;
  /**
   * Whose client decides where the two differ. Undefined: the script must mean the same to both, and what does not is
   * refused; ANSI_QUOTES is followed then, as both servers and MariaDB's client do.
   */
  readonly flavour?: Flavour | undefined;
}

/**
 * Cuts a script into statements, where the vendors' own clients would. The text has LF line ends and no BOM.
 *
 * @throws MajError `migration-script` naming file, line and column: unterminated quote or comment, a routine body
 *   without DELIMITER, a client command, a delimiter inside a versioned comment, and what programs read differently
 */
export function splitStatements(text: string, options: SplitOptions): Statement[] {
  const machine = new ScriptMachine(options);
  return [...machine.push(Buffer.from(text, 'utf8')), ...machine.push(undefined)];
}

/**
 * Cuts a script into statements as it streams by, as `splitStatements` does: the same statements, the same errors, each
 * once the text before it has been read. Held are the statement (or comment) at hand and the chunk that it ends in.
 *
 * @param chunks the script as `normalChunks` gives it, cut anywhere
 * @throws MajError `migration-script`; statements before the error have been given by then
 */
export async function* splitStream(
  chunks: AsyncIterable<Buffer>,
  options: SplitOptions,
): AsyncGenerator<Statement, void, undefined> {
  const machine = new ScriptMachine(options);
  for await (const chunk of chunks) for (const statement of machine.push(chunk)) yield statement;
  for (const statement of machine.push(undefined)) yield statement;
}
