// Everything that 1.1.0 asks the database; new are rates, amounts and absences.

/** Touches every table and column that this version needs; throws when one is missing. */
export async function checkTables(database) {
  await database.query('SELECT id, name, email, role FROM users LIMIT 1');
  await database.query('SELECT id, name, settings, hourly_rate FROM projects LIMIT 1');
  await database.query('SELECT id, day, hours, minutes, amount, status FROM timesheets LIMIT 1');
  await database.query('SELECT id, action, origin, details FROM audit_log LIMIT 1');
  await database.query('SELECT id, kind, first_day, last_day FROM absences LIMIT 1');
}

export async function readHome(database) {
  const [totals] = await database.query(`
    SELECT t.id, t.name, t.entries, t.hours, t.amount, p.hourly_rate,
      JSON_UNQUOTE(JSON_EXTRACT(p.settings, '$.colour')) AS colour
    FROM project_totals t JOIN projects p ON p.id = t.id ORDER BY t.hours DESC`);
  const [entries] = await database.query(`
    SELECT id, day, hours, note, status, project, person, user_id
    FROM timesheet_details ORDER BY day DESC, id DESC LIMIT 12`);
  const [absences] = await database.query(`
    SELECT u.name AS person, a.kind, a.first_day, a.last_day, a.reason
    FROM absences a JOIN users u ON u.id = a.user_id ORDER BY a.first_day, u.name LIMIT 6`);
  const [people] = await database.query('SELECT id, name FROM users ORDER BY name');
  const [[audit]] = await database.query('SELECT COUNT(*) AS changes FROM audit_log');
  return { totals, entries, absences, people, changes: audit.changes };
}

export async function addEntry(database, { user, project, day, hours, note }) {
  await database.query(
    `INSERT INTO timesheets (user_id, project_id, day, hours, amount, note)
     SELECT ?, id, ?, ?, ROUND(? * hourly_rate, 2), ? FROM projects WHERE id = ?`,
    [user, day, hours, hours, note, project],
  );
}

export async function avatarOf(database, id) {
  const [rows] = await database.query('SELECT avatar FROM users WHERE id = ?', [id]);
  return rows[0]?.avatar;
}
