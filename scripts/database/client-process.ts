import type { Context } from '../context.ts';
import { MajError } from '../errors.ts';
import { capture, captureBytes, stream, type Captured, type Streamed } from '../system/processes.ts';
import { inLargePieces } from '../system/large-pieces.ts';
import { quoteWords } from '../system/shell-words.ts';
import type { DumpClient, Via } from './dump-client.ts';
import { makeOptionFile, optionFileText } from './option-file.ts';
import type { Target } from './target.ts';

type RunContext = Pick<Context, 'env'>;

/** What a program said, and how it ended. */
type Answer = Pick<Captured, 'code' | 'stdout' | 'stderr'>;

/** Asks a client's program something that needs no connection, and keeps the answer. */
export async function askProgram(
  context: RunContext,
  program: string,
  args: readonly string[],
  via: Via | undefined,
): Promise<Answer> {
  if (via === undefined) return capture(context, program, args);
  const [command, words] = shellThrough(via);
  const input = `exec ${quoteWords([program, ...args])} </dev/null\n`;
  try {
    const { code, stdout, stderr } = await captureBytes(context, command, words, { input });
    return { code, stdout: stdout.toString(), stderr };
  } catch (error) {
    // The command itself is not there.
    if (error instanceof MajError) return { code: 127, stdout: '', stderr: error.message };
    throw error;
  }
}

/** A client at work. */
export interface ClientProcess {
  readonly child: Streamed;
  /** Removes what it was started with; to be called when it has ended. */
  readonly release: () => Promise<void>;
}

/**
 * Starts the dump program with an option file that tells it where to go and who it is, so that the password is in no
 * argument and in no environment. `argumentsFor` is given the path of that file.
 *
 * Through a command the file cannot travel as a file. The command is made to run a shell, which reads from its standard
 * input a script of one line, and the option file behind it: so it works alike for `docker exec`, which takes words, and
 * for `ssh`, which puts them together to a line that a shell takes apart again.
 */
export async function startDumpProgram(
  context: RunContext,
  client: DumpClient,
  target: Target,
  argumentsFor: (optionFile: string) => readonly string[],
): Promise<ClientProcess> {
  if (client.via === undefined) {
    const file = await makeOptionFile(target, client.flavour);
    const { program, args } = await inLargePieces(context, client.dump, argumentsFor(file.path));
    return { child: stream(context, program, args), release: () => file.remove() };
  }
  const [command, words] = shellThrough(client.via);
  const child = stream(context, command, words, { stdin: 'pipe' });
  const line = quoteWords([client.dump, ...argumentsFor('/dev/stdin')]);
  const options = optionFileText(target, client.flavour);
  // A command that ends before it has read this is told by its exit, not by the broken pipe.
  child.stdin
    .on('error', () => undefined)
    .end(`exec ${line} <<'${endOfOptions}'\n${options}${endOfOptions}\n`);
  return { child, release: () => Promise.resolve() };
}

/** No line of an option file is this: each begins with a bracket or with the name of an option. */
const endOfOptions = 'END OF OPTIONS';

function shellThrough({ command }: Via): readonly [string, readonly string[]] {
  const [program = '', ...words] = command;
  return [program, [...words, 'sh']];
}

/** The database server as the program sees it from where it runs. */
export function targetFrom(via: Via | undefined, target: Target): Target {
  if (via?.host === undefined) return target;
  return 'socket' in via.host
    ? { ...target, socket: via.host.socket }
    : { ...target, socket: undefined, host: via.host.host, port: via.host.port ?? 3306 };
}
