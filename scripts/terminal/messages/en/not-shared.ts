import { dirname } from 'node:path';
import type { NotShared } from '../../../release/not-shared.ts';
import { quoteWords } from '../../../system/shell-words.ts';

/** The commands that let releases share a path which one of them has for itself. */
export function shareCommands({ path, shared, remedy, leadsTo }: NotShared): readonly string[] {
  const makeFolder = quoteWords(['mkdir', '-p', dirname(shared)]);
  const link = (target: string, at: string): string => quoteWords(['ln', '-s', target, at]);
  switch (remedy) {
    case 'move':
      return [makeFolder, quoteWords(['mv', path, shared]), link(shared, path)];
    case 'link':
      return [
        makeFolder,
        '# A backup holds only this link, where it leads out of APP_DIR: back up what lies there in its own way.',
        link(leadsTo, shared),
      ];
    case 'decide':
      return [
        `# ${shared} is there, too: what is to stay has to lie there. Then move the other one out of the release, and:`,
        link(shared, path),
      ];
  }
}
