-- Triggers that keep the audit log, the monthly closing, and a nightly clean-up. Hours go into JSON as text: MySQL keeps a
-- DECIMAL there, but a dump brings it back as a DOUBLE (7.50 as 7.5).

DELIMITER $$

CREATE TRIGGER timesheets_inserted AFTER INSERT ON timesheets FOR EACH ROW
BEGIN
  INSERT INTO audit_log (timesheet_id, action, details)
  VALUES (NEW.id, 'insert', JSON_OBJECT('hours', CAST(NEW.hours AS CHAR), 'status', NEW.status));
END$$

CREATE TRIGGER timesheets_updated AFTER UPDATE ON timesheets FOR EACH ROW
BEGIN
  IF NEW.hours <> OLD.hours OR NEW.status <> OLD.status THEN
    INSERT INTO audit_log (timesheet_id, action, details)
    VALUES (NEW.id, 'update', JSON_OBJECT('hours', CAST(NEW.hours AS CHAR), 'status', NEW.status));
  END IF;
END$$

CREATE FUNCTION user_hours(who INT UNSIGNED, first_day DATE, last_day DATE) RETURNS DECIMAL(10, 2)
READS SQL DATA
BEGIN
  RETURN (
    SELECT COALESCE(SUM(hours), 0) FROM timesheets
    WHERE user_id = who AND day BETWEEN first_day AND last_day
  );
END$$

-- Validates every draft of the month that the day lies in; a ";" in a comment or in ';' ends nothing here.
CREATE PROCEDURE close_month(IN any_day DATE)
BEGIN
  UPDATE timesheets SET status = 'validé'
  WHERE status = 'brouillon'
    AND day BETWEEN DATE_FORMAT(any_day, '%Y-%m-01') AND LAST_DAY(any_day);
END$$

DELIMITER ;

CREATE EVENT purge_audit_log
ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 03:00:00'
COMMENT 'Le journal d''audit est gardé dix ans'
DO DELETE FROM audit_log WHERE changed_at < NOW() - INTERVAL 10 YEAR;
