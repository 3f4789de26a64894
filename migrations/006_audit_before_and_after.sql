-- 1.1.0: the audit log keeps the old values beside the new ones, and closing a month says how much it closed.

ALTER TABLE audit_log ADD COLUMN origin VARCHAR(30) NOT NULL DEFAULT 'application' AFTER action;

DROP TRIGGER timesheets_updated;
DROP PROCEDURE close_month;

DELIMITER //

CREATE TRIGGER timesheets_updated AFTER UPDATE ON timesheets FOR EACH ROW
BEGIN
  IF NEW.hours <> OLD.hours OR NEW.status <> OLD.status THEN
    INSERT INTO audit_log (timesheet_id, action, details)
    VALUES (
      NEW.id,
      'update',
      JSON_OBJECT('hours', JSON_ARRAY(CAST(OLD.hours AS CHAR), CAST(NEW.hours AS CHAR)), 'status', JSON_ARRAY(OLD.status, NEW.status))
    );
  END IF;
END//

CREATE PROCEDURE close_month(IN any_day DATE)
BEGIN
  UPDATE timesheets SET status = 'validé'
  WHERE status = 'brouillon'
    AND day BETWEEN DATE_FORMAT(any_day, '%Y-%m-01') AND LAST_DAY(any_day);
  SELECT ROW_COUNT() AS closed;
END//

DELIMITER ;
