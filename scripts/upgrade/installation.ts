import * as v from 'valibot';
import { applicationDir } from '../config/required-settings.ts';
import type { Context } from '../core/context.ts';
import { configuredAddress, type ServerAddress } from '../database/session/target.ts';
import { realPathOf } from '../system/files.ts';

const addressSchema = v.union([
  /** Absolute, without links. */
  v.object({ socket: v.string() }),
  v.object({ host: v.string(), port: v.number() }),
]);

/** Which database and application a run works on; nothing of who enters them. */
export const installationSchema = v.object({
  /** Null for a run that works on files alone. */
  database: v.nullable(v.object({ name: v.string(), address: addressSchema })),
  /** `path`: APP_DIR, absolute; `real`: without links. */
  application: v.nullable(
    v.object({ path: v.string(), real: v.string(), layout: v.picklist(['in-place', 'releases']) }),
  ),
});

/** See `installationSchema`. */
export type Installation = v.InferOutput<typeof installationSchema>;

/** What the settings name; where they name no database or no application, null. */
export async function installationOf(context: Pick<Context, 'config' | 'projectDir'>): Promise<Installation> {
  const { APP_DIR, APP_LAYOUT, DB_NAME } = context.config;
  const path = APP_DIR === undefined ? undefined : applicationDir(context);
  return {
    database: DB_NAME === undefined ? null : { name: DB_NAME, address: await realAddress(context) },
    application: path === undefined ? null : { path, real: await realPathOf(path), layout: APP_LAYOUT },
  };
}

/** A socket without links: the same one by whatever name. */
async function realAddress(context: Pick<Context, 'config' | 'projectDir'>): Promise<ServerAddress> {
  const { socket, host, port } = configuredAddress(context);
  return socket === undefined ? { host, port } : { socket: await realPathOf(socket) };
}
