import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backupId } from '../../../scripts/backup/layout.ts';
import { sealedJson, type Manifest } from '../../../scripts/backup/manifest.ts';
import { sha256OfText } from '../../../scripts/core/text-hash.ts';

const dayMs = 24 * 3_600_000;
const server = { flavour: 'mariadb', version: '10.11.6', text: 'MariaDB 10.11.6' } as const;

/** A complete backup of so many days ago, as `maj backup` leaves it, but with one part that nobody restores. */
export function layBackup(
  backups: string,
  days: number,
  options: { readonly proven?: boolean; readonly version?: string; readonly database?: string } = {},
): string {
  const at = new Date(Date.now() - days * dayMs);
  const version = options.version ?? '1.0.0';
  const id = backupId(at, version);
  const manifest: Manifest = {
    format: 1,
    id,
    createdAt: at.toISOString(),
    durationMs: 1,
    tool: '0.0.0',
    appVersion: version,
    database: {
      name: options.database ?? 'shop',
      charset: 'utf8mb4',
      collation: 'utf8mb4_general_ci',
      server,
      client: '10.11.6',
      fingerprint: '',
      definers: [],
    },
    codec: 'gzip',
    rowBytes: 1,
    parts: [],
    dumpBytes: 0,
    dumpSha256: sha256OfText(''),
    inventory: {
      charset: 'utf8mb4',
      collation: 'utf8mb4_general_ci',
      tables: [],
      views: [],
      triggers: [],
      routines: [],
      events: [],
      sequences: [],
    },
    files: null,
    restoreScript: { name: 'restore.sh', bytes: 0, sha256: sha256OfText('') },
  };
  const folder = join(backups, id);
  mkdirSync(join(folder, 'database'), { recursive: true });
  writeFileSync(join(folder, 'database', 'part'), 'x'.repeat(100_000));
  writeFileSync(join(folder, 'restore.sh'), '');
  writeFileSync(join(folder, 'manifest.json'), sealedJson(manifest));
  if (options.proven === true) writeFileSync(join(folder, 'proof.json'), proofOf(manifest));
  return id;
}

const proofOf = (manifest: Manifest): string =>
  sealedJson({
    format: 1,
    backupId: manifest.id,
    manifestSha256: sha256OfText(sealedJson(manifest)),
    server,
    sameVersionAsSource: true,
    equalParts: 0,
    canonicalParts: 0,
    durations: { load: 1, dump: 1 },
    provenAt: manifest.createdAt,
  });
