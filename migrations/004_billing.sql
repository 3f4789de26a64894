-- 1.1.0: what the hours are worth. The rate was hidden in the settings of the project; 65 € where it was not.

ALTER TABLE projects ADD COLUMN hourly_rate DECIMAL(8, 2) NOT NULL DEFAULT 65.00 AFTER settings;

UPDATE projects
SET hourly_rate = CAST(JSON_UNQUOTE(JSON_EXTRACT(settings, '$.rate')) AS DECIMAL(8, 2))
WHERE JSON_EXTRACT(settings, '$.rate') IS NOT NULL;

ALTER TABLE timesheets ADD COLUMN amount DECIMAL(10, 2) NOT NULL DEFAULT 0.00 AFTER minutes;

UPDATE timesheets t
JOIN projects p ON p.id = t.project_id
SET t.amount = ROUND(t.hours * p.hourly_rate, 2);

CREATE OR REPLACE VIEW timesheet_details AS
SELECT t.id, t.day, t.hours, t.amount, t.note, t.status, t.project_id, p.name AS project, t.user_id, u.name AS person
FROM timesheets t
JOIN projects p ON p.id = t.project_id
JOIN users u ON u.id = t.user_id;

CREATE OR REPLACE VIEW project_totals AS
SELECT p.id, p.name, COUNT(d.id) AS entries, COALESCE(SUM(d.hours), 0) AS hours, COALESCE(SUM(d.amount), 0) AS amount
FROM projects p
LEFT JOIN timesheet_details d ON d.project_id = p.id
GROUP BY p.id, p.name;
