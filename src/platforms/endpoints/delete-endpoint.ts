import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { isNotThere } from './endpoint-answers.ts';
import type { EndpointClients } from './endpoint-clients.ts';
import { isPartOf } from './endpoint-names.ts';
import { stopScaling } from './scale-endpoint.ts';

/**
 * Begins to delete an endpoint, and removes what was made for it: its scaling, configurations and models.
 *
 * @param keepsParts leaves configurations and models. @default false
 * @throws what the server refuses with
 */
export async function deleteEndpoint(
  clients: EndpointClients,
  name: string,
  keepsParts = false,
): Promise<void> {
  const { DeleteEndpointCommand, DescribeEndpointCommand } = await import('@aws-sdk/client-sagemaker');
  const sagemaker = await clients.sagemaker();
  const endpoint = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
  const variants = (endpoint.ProductionVariants ?? []).flatMap(({ VariantName: variant }) => variant ?? []);
  await sagemaker.send(new DeleteEndpointCommand({ EndpointName: name }));
  await stopScaling(clients, name, variants);
  if (!keepsParts) await deleteParts(sagemaker, name);
}

async function deleteParts(sagemaker: SageMakerClient, name: string): Promise<void> {
  const { DeleteEndpointConfigCommand, DeleteModelCommand, paginateListEndpointConfigs, paginateListModels } =
    await import('@aws-sdk/client-sagemaker');
  const NameContains = name.slice(0, 52).replace(/-+$/, '');
  const configs: string[] = [];
  for await (const page of paginateListEndpointConfigs({ client: sagemaker }, { NameContains }))
    configs.push(...(page.EndpointConfigs ?? []).flatMap((each) => each.EndpointConfigName ?? []));
  const models: string[] = [];
  for await (const page of paginateListModels({ client: sagemaker }, { NameContains }))
    models.push(...(page.Models ?? []).flatMap((each) => each.ModelName ?? []));
  for (const config of configs.filter((each) => isPartOf(name, each)))
    await unlessGone(sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: config })));
  for (const model of models.filter((each) => isPartOf(name, each)))
    await unlessGone(sagemaker.send(new DeleteModelCommand({ ModelName: model })));
}

async function unlessGone(deleting: Promise<unknown>): Promise<void> {
  await deleting.catch((error: unknown) => {
    if (!isNotThere(error)) throw error;
  });
}
