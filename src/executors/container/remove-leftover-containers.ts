import { removeNetwork } from './container-networks.ts';
import { type ContainerRecord, readRecord, removeRecord } from './container-record.ts';
import { removeContainer } from './engine-command.ts';

/** Ends and removes the containers that have these directories as `/opt/ml`, and their networks. */
export async function removeLeftoverContainers(mlDirectories: readonly string[]): Promise<void> {
  const records: ContainerRecord[] = [];
  for (const mlDirectory of mlDirectories) {
    const record = readRecord(mlDirectory);
    if (!record) continue;
    await removeContainer(record.engine, record.name);
    removeRecord(mlDirectory);
    records.push(record);
  }
  // A network goes once none of its containers is left.
  const networks = new Map(records.map((record) => [record.network, record.engine]));
  for (const [network, engine] of networks) if (network !== undefined) await removeNetwork(engine, network);
}
