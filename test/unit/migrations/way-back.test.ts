import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { refuseDownSection } from '../../../scripts/migrations/down-section.ts';

const read = (text: string, size: number): Promise<void> => {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return refuseDownSection({ file: '1_a.sql', open: () => Readable.from(chunks) });
};

test.each([
  ['dbmate', '-- migrate:up\nCREATE TABLE a (b INT);\n\n-- migrate:down\nDROP TABLE a;\n'],
  ['dbmate with an option', 'SELECT 1;\n--migrate:down transaction:false\nDROP TABLE a;\n'],
  ['goose', `-- +goose Up\nSELECT '${'é'.repeat(70)}';\n-- +goose Down\nDROP TABLE a;\n`],
  ['sql-migrate', '-- +migrate Up\nSELECT 1;\n-- +migrate Down\nDROP TABLE a;\n'],
  ['at the very beginning', '-- migrate:down'],
])('a script with its own way back is refused, wherever chunks are cut: %s', async (_title, text) => {
  for (const size of [1, 2, 7, 64, 65, 1000])
    await expect(read(text, size)).rejects.toMatchObject({ code: 'migration-way-back', exitCode: 3 });
});

test.each([
  ['nothing of it', 'CREATE TABLE a (b INT);'],
  ['a way forth', '-- migrate:up\nSELECT 1;\n-- +goose Up\n'],
  ['it within a line', `SELECT '-- migrate:down', '${'x'.repeat(70)}-- migrate:down';`],
  ['another word', '-- migrate down\n-- goose Down\n'],
])('a script with %s is not', async (_title, text) => {
  for (const size of [1, 2, 7, 64, 65, 1000]) await expect(read(text, size)).resolves.toBeUndefined();
});
