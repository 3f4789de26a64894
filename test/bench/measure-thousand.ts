import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ratio, type Figure } from './limits.ts';
import type { Say } from './measure-backup.ts';
import { freshFolder, measureRuns } from './migrate-runs.ts';
import { measurePeers, type Peer } from './peers.ts';
import type { BenchServer } from './server.ts';

const scripts = 1000;

/** Measures a thousand migrations of one statement each, and how long other tools take for them. */
export async function measureThousand(
  server: BenchServer,
  runs: number,
  say: Say,
): Promise<{ readonly figures: readonly Figure[]; readonly peers: readonly Peer[] }> {
  const statements = Array.from({ length: scripts }, (_, number) => statementOf(number));
  const whole = join(server.folder, 'thousand.sql');
  await writeFile(whole, statements.join('\n'));
  const folder = await freshFolder(server);
  for (const [number, statement] of statements.entries())
    await writeFile(join(folder, `${String(number + 1).padStart(4, '0')}_step.sql`), statement);
  const { ours, plain } = await measureRuns(server, `${scripts} migrations`, whole, runs, say);
  return { figures: [ratio('migrations', ours, plain)], peers: await measurePeers(server, statements, say) };
}

/** What applications' migrations are: tables, columns, rows. */
function statementOf(number: number): string {
  const table = `t${Math.floor(number / 4)}`;
  switch (number % 4) {
    case 0:
      return `CREATE TABLE ${table} (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(100) NOT NULL) ENGINE=InnoDB;`;
    case 1:
      return `ALTER TABLE ${table} ADD COLUMN note VARCHAR(200) NULL;`;
    case 2:
      return `INSERT INTO ${table} (name) VALUES ('first'), ('second');`;
    default:
      return `CREATE INDEX by_name ON ${table} (name);`;
  }
}
