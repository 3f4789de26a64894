// The error log, in a folder that outlives the release.

import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { home, version } from './settings.mjs';

export async function logError(path, error) {
  const line = `${new Date().toISOString()} [error] ${version} ${path}: ${error.message}\n`;
  try {
    await mkdir(join(home, 'logs'), { recursive: true });
    await appendFile(join(home, 'logs', 'error.log'), line);
  } catch {
    process.stderr.write(line);
  }
}
