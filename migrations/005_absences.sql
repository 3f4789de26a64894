-- 1.1.0: who is away. Everybody gets the summer holidays, a week apart from each other.

CREATE TABLE absences (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  user_id INT UNSIGNED NOT NULL,
  kind ENUM('congé', 'RTT', 'maladie') NOT NULL,
  first_day DATE NOT NULL,
  last_day DATE NOT NULL,
  reason VARCHAR(255) NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  CONSTRAINT absences_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci COMMENT = 'Les absences';

INSERT INTO absences (user_id, kind, first_day, last_day, reason)
SELECT
  id,
  'congé',
  DATE_ADD('2026-07-06', INTERVAL MOD(id, 6) WEEK),
  DATE_ADD('2026-07-19', INTERVAL MOD(id, 6) WEEK),
  'Congés d’été ☀️'
FROM users;
