// The home page of 1.1.0: as before, and what the hours are worth, and who is away.

import { number, page, safe, table } from './page.mjs';
import { readHome } from './queries.mjs';
import { entriesSection, formSection, projectName } from './sections.mjs';

export async function homePage(database) {
  const { totals, entries, absences, people, changes } = await readHome(database);
  const projects = totals.map((total) => [
    projectName(total),
    number(total.entries, 0),
    number(total.hours),
    `${number(total.hourly_rate)} €`,
    `${number(total.amount)} €`,
  ]);
  const away = absences.map((absence) => [
    safe(absence.person),
    safe(absence.kind),
    `du ${safe(absence.first_day)} au ${safe(absence.last_day)}`,
    safe(absence.reason),
  ]);
  return page(
    'Tableau de bord',
    `<section><h1>Heures et montants par projet</h1>
${table(['Projet', 'Saisies', 'Heures', 'Taux horaire', 'Montant'], projects, [1, 2, 3, 4])}</section>
<section><h2>Absences</h2>${table(['Qui', 'Motif', 'Dates', 'Note'], away)}</section>
${entriesSection(entries, changes)}
${formSection(people, totals)}`,
  );
}
