-- 2.0.0: clients become rows of their own; they were a text in the settings of the project.

CREATE TABLE clients (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name VARCHAR(120) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY clients_name (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci COMMENT = 'Les clients';

INSERT INTO clients (name)
SELECT DISTINCT JSON_UNQUOTE(JSON_EXTRACT(settings, '$.client'))
FROM projects
WHERE JSON_EXTRACT(settings, '$.client') IS NOT NULL;

ALTER TABLE projects
  ADD COLUMN client_id INT UNSIGNED NULL AFTER name,
  ADD CONSTRAINT projects_client FOREIGN KEY (client_id) REFERENCES clients (id);

UPDATE projects p
JOIN clients c ON c.name = JSON_UNQUOTE(JSON_EXTRACT(p.settings, '$.client'))
SET p.client_id = c.id;
