// The frame that every page stands in, and the pages that need no database.

import { version } from './settings.mjs';

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A text from the database, safe within HTML. */
export const safe = (value) => String(value).replace(/[&<>"']/g, (letter) => escapes[letter]);

/** A number as a French reader writes it: 1 234,5. */
export const number = (value, digits = 2) =>
  new Intl.NumberFormat('fr-FR', { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    value,
  );

/** A table; the cells are HTML already. `right` are the columns with numbers. */
export function table(heads, rows, right = []) {
  const row = (cells, tag) =>
    `<tr>${cells.map((cell, n) => `<${tag}${right.includes(n) ? ' class="number"' : ''}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${row(heads, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('\n')}</tbody></table>`;
}

export function page(title, content) {
  return `<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(title)} · IntimeManager ${version}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><strong>⏱️ IntimeManager</strong><span>Le temps bien employé</span></header>
<main>
${content}
</main>
<footer>IntimeManager ${version}</footer>
</body>
</html>
`;
}

export const maintenancePage = () =>
  page(
    'Maintenance',
    `<section class="message"><h1>🛠️ De retour dans un instant</h1>
<p>IntimeManager est en cours de mise à jour. Vos heures sont en sécurité ; revenez dans quelques minutes.</p>
<p lang="en">IntimeManager is being updated. Your hours are safe; please come back in a few minutes.</p></section>`,
  );

export const errorPage = () =>
  page(
    'Erreur',
    `<section class="message"><h1>😕 Une erreur est survenue</h1>
<p>Elle a été notée ; l’équipe s’en occupe.</p>
<p lang="en">Something went wrong. It has been noted.</p></section>`,
  );
