import type { Home } from '../../home/index.ts';
import type { CredentialsSource } from '../../home/server/index.ts';
import { isLoopback, type Peers } from '../../jobs/index.ts';
import { listWorkers, thisMachine, workerOf } from '../../state/index.ts';

/**
 * Where several servers share the database, each is known to the others from its start, and says what keeps them apart.
 *
 * @throws SluiceError `WorkerNameTaken`, `ClockSkew`
 */
export async function joinOthers(
  { state, stores, configuration }: Pick<Home, 'state' | 'stores' | 'configuration'>,
  { ownUrl = '' }: Peers,
  credentials: CredentialsSource,
  log: (message: string) => void,
): Promise<void> {
  await workerOf(state).join();
  const others = (await listWorkers(state)).filter(({ url = ownUrl }) => url !== ownUrl);
  const names = others.slice(0, 5).map(({ name }) => name);
  if (others.length === 0) return;
  const tell = (message: string) => log(`Servers share this database (${names.join(', ')}): ${message}`);
  if (credentials === 'home' && Object.keys(configuration.server?.keys ?? {}).length === 0)
    tell("they do not know this home's own credentials. Give all one key: server.keys in the configuration.");
  if (isLoopback(ownUrl) && others.some(({ boot }) => boot !== thisMachine().boot))
    tell(`other machines do not reach ${ownUrl}. Start with keys and --host, or with --advertise.`);
  if (stores.store('').kind === 'directory')
    tell(`s3:// is this home's own store. It must be theirs too: SLUICE_S3=${ownUrl}, or one store for all.`);
}
