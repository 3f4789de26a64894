/** What a French team writes into its time sheets: letters of two, three and four bytes among them. */
const words = [
  ...'réunion client projet développement correction rapport équipe livraison devis facture analyse'.split(
    ' ',
  ),
  ...'conception atelier formation déplacement support recette tests maquette rédaction préparation'.split(
    ' ',
  ),
  ...'suivi budget planning appel courriel contrat chantier visite intégration migration serveur'.split(' '),
  ...'sauvegarde documentation relecture publication “urgent” L’Oréal Zoé 日本語 ✓ 🙂'.split(' '),
  "jour d'étude",
  'n° 7\\nsuite',
  'C:\\\\temp',
];

const list = words.map((word) => `'${word.replaceAll("'", "''")}'`).join(',');

/** A whole number from 0 to `below`, as an SQL expression of the row's number `n`: the same for the same seed. */
export const number = (seed: number, salt: string, below: number): string =>
  `(CRC32(CONCAT(n, '${salt}${seed}')) % ${below})`;

/** So many words with blanks between them, as an SQL expression. */
export function sentence(seed: number, salt: string, count: number): string {
  const word = (index: number): string =>
    `ELT(1 + ${number(seed, `${salt}${index}.`, words.length)}, ${list})`;
  return `CONCAT_WS(' ', ${Array.from({ length: count }, (_, index) => word(index)).join(', ')})`;
}

/** 64 hexadecimal digits, as an SQL expression: keys, tokens and checksums do not compress well. */
export const digest = (seed: number, salt: string): string => `SHA2(CONCAT(n, '${salt}${seed}'), 256)`;
