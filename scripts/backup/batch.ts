/** Puts small pieces together to large ones. */
export interface Batch {
  /** Takes a copy of the data. */
  add(data: Buffer): Promise<void>;
  /** Hands on what there is. */
  flush(): Promise<void>;
}

const batchBytes = 1024 * 1024;

/** Gathers what goes to a writer: it takes as long over a piece of 512 bytes as over one of 100 KB. */
export function createBatch(writer: { readonly write: (data: Buffer) => Promise<void> }): Batch {
  let buffer: Buffer | undefined;
  let used = 0;
  const flush = async (): Promise<void> => {
    if (buffer === undefined) return;
    const full = buffer.subarray(0, used);
    // The writer may still need these bytes when it has taken them: the next ones go elsewhere.
    buffer = undefined;
    used = 0;
    await writer.write(full);
  };
  return {
    add: async (data) => {
      for (let at = 0; at < data.length;) {
        buffer ??= Buffer.allocUnsafeSlow(batchBytes);
        const taken = data.copy(buffer, used, at);
        used += taken;
        at += taken;
        if (used === batchBytes) await flush();
      }
    },
    flush,
  };
}
