import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveAccount } from '../../src/core/account.ts';
import { type Configuration, DEFAULT_CONFIGURATION } from '../../src/core/config.ts';
import { homePaths } from '../../src/core/home.ts';
import { createEngine } from '../../src/engine/index.ts';
import { type OpenConnectorOptions, openConnector, serveConnector } from '../../src/flyte/connector/index.ts';
import { type Home, openHome } from '../../src/home/index.ts';
import type { FakePlatform } from '../engine/fake-platform.ts';
import { FlyteClient } from './flyte-client.ts';

/** A connector on a home, and a client of it. Dispose of it: all of it is closed. */
export interface ConnectorFixture extends AsyncDisposable {
  readonly home: Home;
  readonly client: FlyteClient;
  readonly port: number;
  readonly log: string[];
}

/** Opens a connector, in this process, on a home of its own unless one is given. */
export async function startConnector({
  directory,
  configuration = DEFAULT_CONFIGURATION,
  platforms,
  ...options
}: {
  readonly directory?: string;
  /** What jobs run on, in place of this machine. */
  readonly platforms?: readonly FakePlatform[];
  readonly configuration?: Configuration;
} & Partial<Pick<OpenConnectorOptions, 'types'>> = {}): Promise<ConnectorFixture> {
  const own = directory ?? (await mkdtemp(join(tmpdir(), 'connector-')));
  const environment = {};
  const opening = await openHome(
    { paths: homePaths(own), account: resolveAccount(environment), environment },
    { executor: 'process', configuration },
  );
  const home = platforms ? onPlatforms(opening, platforms) : opening;
  const log: string[] = [];
  const opened = await openConnector({ home, environment, log: (line) => log.push(line), ...options });
  const running = await serveConnector({ connector: opened.connector, host: '127.0.0.1', port: 0 });
  const client = await FlyteClient.connect(running.port);
  return {
    home,
    client,
    port: running.port,
    log,
    [Symbol.asyncDispose]: async () => {
      client[Symbol.dispose]();
      await running.close();
      await opened.close();
      await home.close('interrupt');
      if (directory === undefined) await rm(own, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function onPlatforms(home: Home, given: readonly FakePlatform[]): Home {
  const platforms = Object.fromEntries(given.map((each) => [each.name, each]));
  const engine = createEngine({ state: home.state, platforms });
  return { ...home, engine: async () => engine, platforms: async () => platforms as never };
}
