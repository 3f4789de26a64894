-- The hours worked, who changed them, and two views: the second stands on the first.

CREATE TABLE timesheets (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  user_id INT UNSIGNED NOT NULL,
  project_id INT UNSIGNED NOT NULL,
  day DATE NOT NULL,
  hours DECIMAL(6, 2) NOT NULL,
  minutes INT GENERATED ALWAYS AS (ROUND(hours * 60)) STORED,
  note VARCHAR(255) NOT NULL DEFAULT '',
  status ENUM('brouillon', 'validé', 'facturé') NOT NULL DEFAULT 'brouillon',
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  CONSTRAINT timesheets_user FOREIGN KEY (user_id) REFERENCES users (id),
  CONSTRAINT timesheets_project FOREIGN KEY (project_id) REFERENCES projects (id),
  CONSTRAINT timesheets_hours CHECK (hours > 0 AND hours <= 24)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci COMMENT = 'Les heures saisies';

-- No foreign key: what happened to a row is kept when the row is gone.
CREATE TABLE audit_log (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  timesheet_id BIGINT UNSIGNED NOT NULL,
  action ENUM('insert', 'update', 'delete') NOT NULL,
  details JSON NOT NULL,
  changed_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  KEY audit_by_timesheet (timesheet_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci COMMENT = 'Le journal d''audit';

CREATE VIEW timesheet_details AS
SELECT t.id, t.day, t.hours, t.note, t.status, t.project_id, p.name AS project, t.user_id, u.name AS person
FROM timesheets t
JOIN projects p ON p.id = t.project_id
JOIN users u ON u.id = t.user_id;

CREATE VIEW project_totals AS
SELECT p.id, p.name, COUNT(d.id) AS entries, COALESCE(SUM(d.hours), 0) AS hours
FROM projects p
LEFT JOIN timesheet_details d ON d.project_id = p.id
GROUP BY p.id, p.name;
