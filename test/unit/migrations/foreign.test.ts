import { expect, test } from 'vitest';
import { foreignMigrations } from '../../../scripts/migrations/other-tools.ts';

test.each<[string, string[], string[]]>([
  // title, what is in the folder, what of it another program runs
  ['nothing', [], []],
  ['scripts', ['001_a.sql', '002_b.SQL'], []],
  ['scripts and what belongs to them', ['001_a.sql', 'README.md', 'run.php', 'meta/_journal.json'], []],
  ['what is no migration', ['.gitkeep', 'README.md', 'LICENSE', '.cache/x.php'], []],
  ['Laravel’s', ['2024_01_01_000000_create_users.php'], ['2024_01_01_000000_create_users.php']],
  ['Doctrine’s', ['Version20240101.php'], ['Version20240101.php']],
  ['Prisma’s', ['migration_lock.toml', '2024_init/migration.sql'], ['2024_init/migration.sql']],
  ['Alembic’s', ['README', 'env.py', 'versions/1_a.py'], ['env.py', 'versions/1_a.py']],
  ['Knex’s', ['20240101_a.js', '20240102_b.ts'], ['20240101_a.js', '20240102_b.ts']],
  ['Flyway’s of both kinds', ['V1__a.sql', 'V2__b.java'], ['V2__b.java']],
  ['scripts beside one of PHP', ['001_a.sql', '002_b.php'], ['002_b.php']],
])('%s', (_title, paths, foreign) => {
  expect(foreignMigrations(paths)).toEqual(foreign);
});
