// Where the application lives, and which version it is.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const home = dirname(dirname(fileURLToPath(import.meta.url)));
export const version = readFileSync(join(home, 'VERSION'), 'utf8').trim();
