import { digest, number, sentence } from './words.ts';

/** Tables of one site. */
const tablesOfSite = 5;

/**
 * The statements that make so many tables, as an application makes them that has some for each of its sites: most are
 * empty or have a few rows; there is a foreign key, and now and then a trigger, a view and a function.
 */
export function* siteStatements(tables: number, seed: number): Generator<string> {
  yield 'SET foreign_key_checks = 0';
  for (let site = 1; site * tablesOfSite <= tables; site += 1) yield* statementsOf(site, seed + site);
  for (let left = tables % tablesOfSite; left > 0; left -= 1)
    yield `CREATE TABLE rest_${left} (id INT PRIMARY KEY)`;
}

function* statementsOf(site: number, seed: number): Generator<string> {
  const own = (name: string): string => `site_${site}_${name}`;
  yield `CREATE TABLE ${own('options')} (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(100) NOT NULL DEFAULT '', value LONGTEXT NOT NULL, autoload VARCHAR(20) NOT NULL DEFAULT 'yes',
    UNIQUE KEY option_name (name), KEY autoload (autoload))`;
  yield `CREATE TABLE ${own('posts')} (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    author BIGINT UNSIGNED NOT NULL DEFAULT 0, written DATETIME NULL, title TEXT NOT NULL, content LONGTEXT NOT NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'publish', KEY author (author), KEY status_written (status, written, id))`;
  yield `CREATE TABLE ${own('comments')} (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    post_id BIGINT UNSIGNED NOT NULL, author VARCHAR(80) NULL, content TEXT NOT NULL, KEY post (post_id),
    CONSTRAINT ${own('comment_of_post')} FOREIGN KEY (post_id) REFERENCES ${own('posts')} (id) ON DELETE CASCADE)`;
  yield `CREATE TABLE ${own('terms')} (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(200) NOT NULL DEFAULT '', slug VARCHAR(200) NOT NULL DEFAULT '', KEY slug (slug(100)))`;
  yield `CREATE TABLE ${own('log')} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, at DATETIME NOT NULL, words VARCHAR(200) NULL)`;
  if (site % 5 === 0)
    yield `INSERT INTO ${own('terms')} (name, slug) VALUES ('News', 'news'), ('About', 'about')`;
  // What a site has of its own: some settings, and pages of a few kilobytes.
  if (site % 2 === 0)
    yield `INSERT INTO ${own('options')} (name, value) WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 40)
      SELECT CONCAT('option_', n), ${sentence(seed, 'o', 5)} FROM many`;
  if (site % 4 === 0)
    yield `INSERT INTO ${own('posts')} (title, content) WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 10)
      SELECT ${sentence(seed, 't', 4)}, CONCAT(${sentence(seed, 'p', 60)}, ${digest(seed, 'd')}, ${number(seed, 'k', 1000)}) FROM many`;
  if (site % 20 === 0) {
    yield `CREATE TRIGGER ${own('written')} BEFORE INSERT ON ${own('posts')} FOR EACH ROW SET NEW.written = COALESCE(NEW.written, NOW())`;
    yield `CREATE VIEW ${own('published')} AS SELECT id, title FROM ${own('posts')} WHERE status = 'publish'`;
  }
  if (site % 100 === 0)
    yield `CREATE FUNCTION ${own('name')}(given VARCHAR(100)) RETURNS VARCHAR(120) DETERMINISTIC RETURN CONCAT('site ', given)`;
}
