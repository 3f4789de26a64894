-- Who works, and on what. A fresh installation starts with one account and one project.

CREATE TABLE users (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name VARCHAR(120) NOT NULL,
  email VARCHAR(190) NOT NULL,
  email_domain VARCHAR(190) GENERATED ALWAYS AS (SUBSTRING_INDEX(email, '@', -1)) VIRTUAL,
  role ENUM('employé', 'responsable', 'direction') NOT NULL DEFAULT 'employé',
  avatar BLOB NULL,
  hired_on DATE NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  KEY users_by_email (email)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci COMMENT = 'Les salariés';

CREATE TABLE projects (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name VARCHAR(120) NOT NULL,
  settings JSON NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  UNIQUE KEY projects_name (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci COMMENT = 'Les projets';

INSERT INTO users (name, email, role, hired_on)
VALUES ('Administration générale', 'admin@exemple.fr', 'direction', '2020-01-06');

INSERT INTO projects (name, settings)
VALUES ('Vie de l’équipe ☕', '{"client": "Interne", "colour": "#8d6e63", "rate": 0}');
