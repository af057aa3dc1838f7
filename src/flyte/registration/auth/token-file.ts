import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Token } from './token.ts';

/**
 * Tokens that users have agreed to in a browser, kept so that they need not again at once: a file that its owner alone may
 * read. What cannot be read or written there is asked for again.
 */
export class TokenFile {
  readonly #path: string;

  /** @param path absolute */
  constructor(path: string) {
    this.#path = path;
  }

  /** @param key of whom it is, and where it is good for */
  async get(key: string): Promise<Token | undefined> {
    const token = (await this.#read())[key];
    return typeof token?.accessToken === 'string' ? token : undefined;
  }

  /** Keeps a token, or with undefined forgets it. */
  async set(key: string, token: Token | undefined): Promise<void> {
    const { [key]: _old, ...others } = await this.#read();
    const part = `${this.#path}.${process.pid}.part`;
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await writeFile(part, JSON.stringify(token ? { ...others, [key]: token } : others), { mode: 0o600 });
      await chmod(part, 0o600);
      await rename(part, this.#path);
    } catch {
      await rm(part, { force: true }).catch(() => undefined);
    }
  }

  async #read(): Promise<Readonly<Record<string, Token>>> {
    try {
      const value = JSON.parse(await readFile(this.#path, 'utf8')) as unknown;
      return typeof value === 'object' && value !== null ? (value as Record<string, Token>) : {};
    } catch {
      return {};
    }
  }
}
