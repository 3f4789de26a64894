// The people, projects and phrases that the seed draws from, and how it draws.

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    oneOf: (list) => list[Math.floor(next() * list.length)],
  };
}

// prettier-ignore
export const firstNames = [
  'Élodie', 'Théo', 'Zoé', 'Jérôme', 'Anaïs', 'François', 'Noémie', 'Loïc', 'Maëlle', 'Gaël',
  'Inès', 'Rémi', 'Chloé', 'Hélène', 'Benoît', 'Océane', 'Aurélie', 'Stéphane', 'Agnès', 'Cédric',
];

// prettier-ignore
export const lastNames = [
  'Lefèvre', 'Garçon', 'D’Aubigné', 'Nuñez', 'Müller', 'Bérenger', 'Château', 'Œuvrard', 'L’Hôte', 'Québec',
];

export const projects = [
  { name: 'Refonte du site 🌐', client: 'Mairie de Besançon', colour: '#2a6f97', rate: 82.5 },
  { name: 'Appli mobile 📱', client: 'Crêperie Brocéliande', colour: '#e07a5f', rate: 90 },
  { name: 'Paie & congés', client: 'Hôpital Saint-Étienne', colour: '#81b29a', rate: 74.25 },
  { name: 'Boutique en ligne 🛒', client: 'Fromagerie Hervé & Fils', colour: '#f2a541', rate: 68 },
  { name: 'Formation « débutants »', client: 'Lycée Évariste-Galois', colour: '#6d597a', rate: 55 },
  { name: 'Migration des données 🚚', client: 'Mairie de Besançon', colour: '#3d8b7d', rate: 95 },
  { name: 'Support 24/7 ☎️', client: 'Hôpital Saint-Étienne', colour: '#c8553d' },
  { name: 'Audit de sécurité 🔐', client: 'Banque de l’Île', colour: '#4a5899', rate: 120 },
  { name: 'Interne – R&D 🧪', client: 'Interne', colour: '#8ab17d', rate: 0 },
  { name: 'Cœur de métier ❤️', client: 'Assurances Noël', colour: '#d1495b' },
  { name: '日本語サイト 🗾', client: '株式会社さくら', colour: '#577590', rate: 88 },
];

// Among them what trips up careless SQL: quotes, backslashes, semicolons, comment signs, line ends.
// prettier-ignore
export const notes = [
  '', 'Réunion d’équipe', 'Développement', 'Revue de code 👀', 'Démo client 🎉', 'Corrections – 2ᵉ passage',
  "L'astreinte de nuit 🌙", 'Dossier C:\\Projets\\été', 'Facture n° 12 ; à revoir', 'Appel -- sans réponse # 3',
  'Point\nsur deux lignes', 'Déploiement 🚀', '« Urgent »', 'Préparation de l’atelier 🧑‍🏫', 'Café ☕ & brainstorming',
];

/** A name as it stands in an e-mail address: no accents, no apostrophes. */
export const plainLetters = (name) =>
  name
    .replace(/Œ/g, 'OE')
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();

/** A picture of 8 by 8 dots, mirrored like a face, as a BMP file: bytes that are no text in any encoding. */
export function avatar(random) {
  const pixels = 8;
  const colour = [random.below(256), random.below(256), random.below(256)];
  const picture = Buffer.alloc(54 + pixels * pixels * 3, 0xf0);
  picture.fill(0, 0, 54).write('BM', 'latin1');
  picture.writeUInt32LE(picture.length, 2);
  picture.writeUInt32LE(54, 10);
  picture.writeUInt32LE(40, 14);
  picture.writeInt32LE(pixels, 18);
  picture.writeInt32LE(pixels, 22);
  picture.writeUInt16LE(1, 26);
  picture.writeUInt16LE(24, 28);
  for (let dot = 0; dot < (pixels * pixels) / 2; dot++) {
    if (random.next() < 0.5) continue;
    const [row, column] = [Math.floor(dot / 4), dot % 4];
    for (const x of [column, pixels - 1 - column]) picture.set(colour, 54 + (row * pixels + x) * 3);
  }
  return picture;
}
