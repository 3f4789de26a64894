import { refused } from '../core/errors.ts';
import type { Migration } from './migration.ts';

/** The line behind which dbmate, goose and sql-migrate keep, in the same file, what takes a migration back. */
const section = /^--[ \t]*(?:migrate:down|\+(?:goose|migrate)[ \t]+down)/im;
/** Of the longest such line, so that none is missed where chunks are cut. */
const kept = 64;

/**
 * Refuses a script that holds its own way back: run to its end, it would undo what it has done.
 *
 * @throws MajError `migration-way-back`
 */
export async function refuseDownSection({ file, open }: Pick<Migration, 'file' | 'open'>): Promise<void> {
  // A line that begins with the text itself begins a line of the script.
  let tail = '\n';
  for await (const chunk of open()) {
    const text = `${tail}${chunk.toString('latin1')}`;
    const found = section.exec(text);
    if (found !== null) throw refused('migration-way-back', { file, section: found[0] });
    tail = cutTail(text);
  }
}

/** The end of a text from its last line break on, or of its last line, so that no middle of a line passes for a beginning. */
function cutTail(text: string): string {
  const tail = text.slice(text.lastIndexOf('\n'));
  return tail.length > kept ? 'x' : tail;
}
