/** Takes so many bytes at a time from what comes in pieces of any size. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);
  #position = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** How many bytes were taken. */
  get position(): number {
    return this.#position;
  }

  /** Whether nothing more comes. */
  async isAtEnd(): Promise<boolean> {
    return this.#held.length === 0 && !(await this.#more());
  }

  /**
   * So many bytes.
   *
   * @throws DamagedArchive when fewer come
   */
  async take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let left = length; left > 0;) {
      const piece = await this.some(left);
      if (piece.length === length) return piece;
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /**
   * What is at hand, but no more than so many bytes, and at least one.
   *
   * @throws DamagedArchive when nothing more comes
   */
  async some(most: number): Promise<Buffer> {
    if (await this.isAtEnd()) throw new DamagedArchive('it ends too early');
    const data = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(data.length);
    this.#position += data.length;
    return data;
  }

  /** @throws DamagedArchive when fewer come */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.some(left)).length;
  }

  /** Reads on to the end. */
  async skipAll(): Promise<void> {
    while (!(await this.isAtEnd())) this.#held = Buffer.alloc(0);
  }

  /** Lets the source go. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #more(): Promise<boolean> {
    while (this.#held.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return false;
      this.#held = next.value;
    }
    return true;
  }
}

/** An archive that is not what it should be: cut off, damaged, or no archive at all. */
export class DamagedArchive extends Error {}
