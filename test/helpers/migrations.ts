import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { sha256OfText } from '../../scripts/core/text-hash.ts';
import { sqlAfter } from '../../scripts/migrations/after-each.ts';
import { readMigrations, type ScriptSettings } from '../../scripts/migrations/folder.ts';
import type { Migration } from '../../scripts/migrations/migration.ts';
import { textWithValues } from '../../scripts/migrations/placeholders.ts';
import { namedScripts } from '../../scripts/migrations/script-names.ts';
import { temporaryFolder } from './context.ts';

/** Migrations of texts that lie in no folder, as `readMigrations` gives those of one. */
export const migrationsOf = (
  texts: Readonly<Record<string, string>>,
  settings: ScriptSettings = {},
): Migration[] =>
  namedScripts(Object.keys(texts), settings.MIGRATIONS_PATTERN).map((named) => {
    const text = texts[named.file] ?? '';
    const filled = textWithValues(text, settings.MIGRATIONS_PLACEHOLDERS ?? []);
    const open = (): AsyncIterable<Buffer> => Readable.from([Buffer.from(filled)]);
    const after = sqlAfter(named.version, settings);
    return { ...named, path: named.file, checksum: sha256OfText(text), open, after };
  });

/** The migrations of a folder that holds these files. */
export function migrationsInFolder(
  files: Readonly<Record<string, string | Buffer>>,
  settings: ScriptSettings = {},
): Promise<Migration[]> {
  const folder = temporaryFolder('migrations');
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return readMigrations(folder, settings);
}
