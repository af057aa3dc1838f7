import { readFile } from 'node:fs/promises';
import { writeWhole } from '../../../core/write-whole.ts';
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
    try {
      writeWhole(this.#path, JSON.stringify(token ? { ...others, [key]: token } : others), { mode: 0o600 });
    } catch {
      // It is asked for again.
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
