// The home page of 1.0.0: hours per project, and the last entries.

import { number, page, table } from './page.mjs';
import { readHome } from './queries.mjs';
import { entriesSection, formSection, projectName } from './sections.mjs';

export async function homePage(database) {
  const { totals, entries, people, changes } = await readHome(database);
  const rows = totals.map((total) => [projectName(total), number(total.entries, 0), number(total.hours)]);
  return page(
    'Tableau de bord',
    `<section><h1>Heures par projet</h1>${table(['Projet', 'Saisies', 'Heures'], rows, [1, 2])}</section>
${entriesSection(entries, changes)}
${formSection(people, totals)}`,
  );
}
