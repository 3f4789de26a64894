-- 2.0.1: as in 2.0.0, but accounts that exist twice are merged into the older one first.

CREATE TABLE merged_users (
  id INT UNSIGNED NOT NULL,
  kept_id INT UNSIGNED NOT NULL,
  name VARCHAR(120) NOT NULL,
  email VARCHAR(190) NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT merged_users_kept FOREIGN KEY (kept_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci COMMENT = 'Les comptes fusionnés';

INSERT INTO merged_users (id, kept_id, name, email)
SELECT u.id, kept.id, u.name, u.email
FROM users u
JOIN (SELECT MIN(id) AS id, LOWER(TRIM(email)) AS email FROM users GROUP BY LOWER(TRIM(email))) kept
  ON kept.email = LOWER(TRIM(u.email)) AND kept.id <> u.id;

UPDATE timesheets t JOIN merged_users m ON m.id = t.user_id SET t.user_id = m.kept_id;
UPDATE absences a JOIN merged_users m ON m.id = a.user_id SET a.user_id = m.kept_id;
DELETE FROM users WHERE id IN (SELECT id FROM merged_users);

UPDATE users SET email = LOWER(TRIM(email));

ALTER TABLE users ADD UNIQUE KEY users_email (email), DROP KEY users_by_email;
