import * as v from 'valibot';
import { sha256OfText } from '../core/text-hash.ts';

/** JSON for people to read, with a checksum of its own content as the last field. */
export function sealedJson(content: object): string {
  return `${JSON.stringify({ ...content, seal: sha256OfText(JSON.stringify(content)) }, undefined, 2)}\n`;
}

/** Reads what `sealedJson` wrote; undefined when it is damaged or of another shape. */
export function openSealed<T>(schema: v.GenericSchema<unknown, T>, text: string): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const envelope = v.safeParse(v.looseObject({ seal: v.string() }), value);
  if (!envelope.success) return undefined;
  const { seal, ...content } = envelope.output;
  if (seal !== sha256OfText(JSON.stringify(content))) return undefined;
  const parsed = v.safeParse(schema, content);
  return parsed.success ? parsed.output : undefined;
}
