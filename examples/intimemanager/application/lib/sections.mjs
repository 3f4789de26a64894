// The parts of the home page that every release shows.

import { number, safe, table } from './page.mjs';

const colourOf = (row) => (/^#[0-9a-f]{6}$/i.test(row.colour ?? '') ? row.colour : '#b0bec5');
export const projectName = (row) =>
  `<span class="dot" style="background:${colourOf(row)}"></span>${safe(row.name)}`;

export function entriesSection(entries, changes) {
  const rows = entries.map((entry) => [
    safe(entry.day),
    `<img src="/avatars/${entry.user_id}" alt="">${safe(entry.person)}`,
    safe(entry.project),
    safe(entry.note),
    number(entry.hours),
    `<small>${safe(entry.status)}</small>`,
  ]);
  return `<section><h2>Dernières saisies</h2>
${table(['Jour', 'Qui', 'Projet', 'Note', 'Heures', 'État'], rows, [4])}
<p><small>${number(changes, 0)} modifications dans le journal d’audit</small></p></section>`;
}

export function formSection(people, projects) {
  const options = (rows) =>
    rows.map((row) => `<option value="${row.id}">${safe(row.name)}</option>`).join('');
  return `<section><h2>Saisir des heures</h2>
<form method="post" action="/entries">
<select name="user">${options(people)}</select>
<select name="project">${options(projects)}</select>
<input type="date" name="day" required>
<input type="number" name="hours" min="0.25" max="24" step="0.25" placeholder="Heures" required>
<input name="note" placeholder="Note 📝" maxlength="255">
<button>Enregistrer</button>
</form></section>`;
}
