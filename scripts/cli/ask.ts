import { createInterface } from 'node:readline/promises';
import { refused } from '../core/errors.ts';
import { printable } from '../core/format.ts';
import type { Messages } from '../messages/catalogue.ts';

/** The streams of the terminal. */
export interface TerminalStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/**
 * Asks a yes-or-no question; anything but a clear yes is a no.
 *
 * @throws MajError `confirmation-needed` without a terminal, `not-confirmed` after a no
 */
export async function confirmOnTerminal(
  question: string,
  messages: Messages,
  { input, output }: TerminalStreams,
  signal: AbortSignal,
): Promise<void> {
  if (!input.isTTY) throw refused('confirmation-needed', { question });
  const lines = createInterface({ input, output });
  // Ctrl-C and Ctrl-D close it, and what was asked is then never answered: without this the process would just end.
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    const asked = lines.question(printable(messages.command.confirm({ question })), { signal });
    const answer = await Promise.race([asked, closed]);
    if (!/^(y|yes|o|oui)$/i.test(answer.trim())) throw refused('not-confirmed', {});
  } catch (error) {
    if (signal.aborted) throw refused('not-confirmed', {}, { cause: error });
    throw error;
  } finally {
    lines.close();
  }
}
