import { exitText, type Captured } from '../system/processes.ts';

const kept = 2000;

/** The end of what a command printed, and how it ended: for the error that reports it. */
export function outputTail(exit: Captured): string {
  const text = [exit.stdout.trim(), exit.stderr.trim()].filter((part) => part !== '').join('\n');
  const how = exit.ended === 'late' ? `${exitText(exit)} (APP_COMMAND_TIMEOUT)` : exitText(exit);
  return [how, text.length > kept ? `…${text.slice(-kept)}` : text].filter((part) => part !== '').join('\n');
}
