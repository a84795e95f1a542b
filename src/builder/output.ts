import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';

import { BUILD_OUTPUT_BYTES_MAX } from '../limits.ts';

/** What a build says, in Heroku's form, as whoever pushed reads it. */
export class BuildOutput implements AsyncDisposable {
  readonly #stream: WriteStream;
  #bytes = 0;
  #partial = '';

  constructor(file: string) {
    this.#stream = createWriteStream(file, { flags: 'w', mode: 0o600 });
    // A full disk ends the build by its own words elsewhere; here it must not end the platform.
    this.#stream.on('error', () => undefined);
  }

  /** `-----> Installing dependencies` */
  heading(text: string): void {
    this.#flush();
    this.#write(`-----> ${text}\n`);
  }

  /** Indented by seven spaces. */
  line(text: string): void {
    this.#flush();
    this.#write(`       ${text}\n`);
  }

  /** ` !     What went wrong` */
  error(text: string): void {
    this.#flush();
    for (const line of text.split('\n')) this.#write(` !     ${line}\n`);
  }

  blank(): void {
    this.#flush();
    this.#write('\n');
  }

  /** What a program printed; its lines are indented, a line cut by a chunk's end is put together again. */
  chunk(chunk: Buffer): void {
    const lines = (this.#partial + chunk.toString('utf8')).split(/\r?\n/);
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#write(line === '' ? '\n' : `       ${line}\n`);
    if (this.#partial.length > 10_000) this.#flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#flush();
    if (this.#stream.destroyed) return;
    this.#stream.end();
    await once(this.#stream, 'close').catch(() => undefined);
  }

  #flush(): void {
    if (this.#partial === '') return;
    this.#write(`       ${this.#partial}\n`);
    this.#partial = '';
  }

  #write(text: string): void {
    if (this.#bytes >= BUILD_OUTPUT_BYTES_MAX) return;
    this.#bytes += Buffer.byteLength(text);
    this.#stream.write(
      this.#bytes < BUILD_OUTPUT_BYTES_MAX
        ? text
        : ' !     The build printed too much; the rest is left out.\n',
    );
  }
}
