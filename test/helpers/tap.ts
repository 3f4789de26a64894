import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from './context.ts';

/** A statement on its way to the server. */
export interface Passing {
  readonly text: string;
  /** The server's number of its connection. */
  readonly connection: number;
}

/**
 * What becomes of it: it goes on; its connection, or all of them, are cut before it has arrived, or once the server has
 * answered, which nobody hears any more.
 */
export type Fate = 'pass' | { readonly cut: 'before' | 'after'; readonly all: boolean };

/** A socket that leads to a server's; what passes can be held, and cut off. */
export interface Tap {
  readonly socket: string;
  /** Asks for the fate of each statement, which waits meanwhile; undefined: all pass. */
  watch(look: ((passing: Passing) => Fate | Promise<Fate>) | undefined): void;
  close(): Promise<void>;
}

/** COM_QUERY of the client/server protocol. */
const comQuery = 3;

/** Opens one. It follows the protocol only as far as to tell one packet from the next, so that TLS has to be off. */
export async function openTap(serverSocket: string): Promise<Tap> {
  const open = new Set<() => void>();
  let look: ((passing: Passing) => Fate | Promise<Fate>) | undefined;

  const serve = (client: Socket): void => {
    const server = connect(serverSocket);
    const cut = (): void => {
      open.delete(cut);
      client.destroy();
      server.destroy();
    };
    open.add(cut);
    let connection = 0;
    let mute = false;
    let left: Buffer = Buffer.alloc(0);
    let queue = Promise.resolve();
    client.on('error', cut).on('close', cut);
    // What the server said last still arrives.
    server.on('error', cut).on('close', () => client.end());
    server.on('data', (data: Buffer) => {
      if (connection === 0) connection = connectionOf(data);
      if (!mute) client.write(data);
    });
    const pass = async (packet: Buffer): Promise<void> => {
      const isQuery = packet[3] === 0 && packet[4] === comQuery;
      const fate =
        isQuery && look !== undefined
          ? await look({ text: packet.toString('latin1', 5), connection })
          : 'pass';
      if (server.destroyed) return;
      if (fate === 'pass') return void server.write(packet);
      if (fate.cut === 'after') {
        mute = true;
        const answered = once(server, 'data');
        server.write(packet);
        await answered;
      }
      if (fate.all) for (const other of [...open]) other();
      else cut();
    };
    client.on('data', (data: Buffer) => {
      left = left.length === 0 ? data : Buffer.concat([left, data]);
      while (left.length >= 4 && left.length >= 4 + left.readUIntLE(0, 3)) {
        const size = 4 + left.readUIntLE(0, 3);
        const packet = left.subarray(0, size);
        left = left.subarray(size);
        queue = queue.then(() => pass(packet)).catch(cut);
      }
    });
  };

  const socket = join(temporaryFolder('tap'), 'server.sock');
  const listener = createServer(serve).listen(socket);
  await once(listener, 'listening');
  return {
    socket,
    watch: (next) => {
      look = next;
    },
    close: async () => {
      for (const cut of [...open]) cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** From the server's greeting: a byte, its version with a zero, and the number. */
function connectionOf(greeting: Buffer): number {
  const end = greeting.indexOf(0, 5);
  return end === -1 ? -1 : greeting.readUInt32LE(end + 1);
}
