-- 1.1.0: the list of the last entries no longer reads the whole table.

CREATE INDEX timesheets_by_day ON timesheets (day, id);
