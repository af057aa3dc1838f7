import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import type { Credentials } from '../../src/core/sigv4.ts';
import { createDirectoryStore } from '../../src/objects/directory/create-directory-store.ts';
import type { DirectoryStore } from '../../src/objects/directory/directory-store.ts';
import { createKeyring } from '../../src/server/access/create-keyring.ts';
import { type ServeOptions, serve } from '../../src/server/serve.ts';

/** A server with a home of its own, in this process. */
export interface TestS3 {
  readonly url: string;
  readonly port: number;
  readonly home: string;
  readonly store: DirectoryStore;
  readonly credentials: Credentials;
  close(): Promise<void>;
}

export const testCredentials: Credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret/of+test' };

/** How to start one. */
export interface TestS3Options extends Partial<Omit<ServeOptions, 'home' | 'store' | 'account' | 'log'>> {
  /** Whether it holds requests against {@link testCredentials}. @default true */
  readonly verify?: boolean;
}

/** Starts one. */
export async function startS3({ verify = true, ...options }: TestS3Options = {}): Promise<TestS3> {
  const home = mkdtempSync(join(tmpdir(), 's3-home-'));
  const store = createDirectoryStore(join(home, 's3'));
  const log: string[] = [];
  const server = await serve({
    ...options,
    home,
    store,
    account: DEFAULT_ACCOUNT,
    ...(verify && { keyring: createKeyring([testCredentials]) }),
    log: (message) => message.startsWith('Refused a request') || log.push(message),
  }).catch((error: unknown) => {
    rmSync(home, { recursive: true });
    throw error;
  });
  return {
    url: server.url,
    port: server.port,
    home,
    store,
    credentials: testCredentials,
    async close() {
      await server.close();
      rmSync(home, { recursive: true });
      if (log.length > 0) throw new Error(`the server logged defects:\n${log.join('\n')}`);
    },
  };
}
