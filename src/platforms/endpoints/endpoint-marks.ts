import type { SageMakerClient, Tag } from '@aws-sdk/client-sagemaker';
import { isNotThere } from './endpoint-answers.ts';
import type { ScalingSpec } from './endpoint-spec.ts';

const SCALING = 'sluice:scaling';
const CANCELLED = 'sluice:cancelled';

/** What is kept with the configuration that a task has made, for whoever watches it. */
export interface EndpointMarks {
  readonly arn: string;
  readonly createdAt: Date;
  readonly variants: readonly string[];
  /** What the endpoint is to be scaled by, once it is in service. */
  readonly scaling?: ScalingSpec | undefined;
  readonly isCancelled: boolean;
}

/** Tags that hold how to scale. */
export function scalingTags(scaling: ScalingSpec | undefined): Tag[] {
  if (!scaling) return [];
  const { min, max, invocationsPerInstance, scaleOutCooldown, scaleInCooldown } = scaling;
  const values = [min, max, invocationsPerInstance, scaleOutCooldown ?? '-', scaleInCooldown ?? '-'];
  return [{ Key: SCALING, Value: values.join(' ') }];
}

/** What is known of a configuration; undefined where there is none. */
export async function readMarks(
  sagemaker: SageMakerClient,
  configName: string,
): Promise<EndpointMarks | undefined> {
  const { DescribeEndpointConfigCommand, paginateListTags } = await import('@aws-sdk/client-sagemaker');
  try {
    const config = await sagemaker.send(
      new DescribeEndpointConfigCommand({ EndpointConfigName: configName }),
    );
    const arn = config.EndpointConfigArn as string;
    const tags = new Map<string, string>();
    for await (const page of paginateListTags({ client: sagemaker }, { ResourceArn: arn }))
      for (const { Key: key = '', Value: value = '' } of page.Tags ?? []) tags.set(key, value);
    return {
      arn,
      createdAt: config.CreationTime as Date,
      variants: (config.ProductionVariants ?? []).flatMap(({ VariantName: name }) => name ?? []),
      scaling: parseScaling(tags.get(SCALING)),
      isCancelled: tags.has(CANCELLED),
    };
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

/** Notes that what a configuration was made for is not wanted any more. */
export async function markCancelled(sagemaker: SageMakerClient, { arn }: EndpointMarks): Promise<void> {
  const { AddTagsCommand } = await import('@aws-sdk/client-sagemaker');
  await sagemaker.send(new AddTagsCommand({ ResourceArn: arn, Tags: [{ Key: CANCELLED, Value: 'yes' }] }));
}

function parseScaling(text: string | undefined): ScalingSpec | undefined {
  if (text === undefined) return undefined;
  const [min = 1, max = 1, target = 1, out, into] = text.split(' ').map(Number);
  const seconds = (value: number | undefined) => (Number.isFinite(value) ? value : undefined);
  return {
    min,
    max,
    invocationsPerInstance: target,
    scaleOutCooldown: seconds(out),
    scaleInCooldown: seconds(into),
  };
}
