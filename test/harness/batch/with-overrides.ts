import type {
  EcsTaskProperties,
  KeyValuePair,
  RegisterJobDefinitionCommandInput,
  SubmitJobCommandInput,
} from '@aws-sdk/client-batch';

/** The containers of a job, or of one of its nodes, as Batch hands them to ECS. Pure. */
export function withOverrides(
  definition: RegisterJobDefinitionCommandInput,
  submitted: SubmitJobCommandInput,
  node: number | undefined,
): EcsTaskProperties {
  const isIn = ({ targetNodes = '' }: { readonly targetNodes?: string | undefined }): boolean => {
    const [from = '0', to = from] = targetNodes.split(':');
    return node !== undefined && node >= Number(from || 0) && node <= Number(to || Number.POSITIVE_INFINITY);
  };
  const range = definition.nodeProperties?.nodeRangeProperties?.find(isIn);
  const own = submitted.nodeOverrides?.nodePropertyOverrides?.find(isIn);
  const properties = range ? range.ecsProperties : definition.ecsProperties;
  const overrides = own ? own.ecsPropertiesOverride : submitted.ecsPropertiesOverride;
  const [task] = properties?.taskProperties ?? [];
  if (!task) throw new Error('The definition has no task.');
  const changed = overrides?.taskProperties?.[0]?.containers ?? [];
  return {
    ...task,
    containers: (task.containers ?? []).map((container) => {
      const override = changed.find(({ name }) => name === container.name);
      if (!override) return container;
      return {
        ...container,
        ...(override.command && { command: override.command }),
        environment: joined(container.environment ?? [], override.environment ?? []),
      };
    }),
  };
}

function joined(own: readonly KeyValuePair[], more: readonly KeyValuePair[]): KeyValuePair[] {
  const all = new Map([...own, ...more].map((pair) => [pair.name, pair]));
  return [...all.values()];
}
