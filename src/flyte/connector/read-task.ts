import { SluiceError } from '../../core/errors.ts';
import type { FlyteAttempt, FlyteTask } from './flyte-task.ts';
import { readLiterals } from './literals/read-literal.ts';
import { structToJson } from './literals/struct.ts';
import type { StructEncoding } from './literals/write-literal.ts';
import type { CreateTaskRequest, LiteralType, TaskExecutionMetadata, TaskTemplate } from './messages.ts';

/** Reads what CreateTask asks for. @throws SluiceError `InvalidArgument` that names what is wrong */
export function readTask({
  template,
  inputs = {},
  outputPrefix = '',
  taskExecutionMetadata = {},
  unreadable,
}: CreateTaskRequest): FlyteTask {
  if (unreadable !== undefined)
    throw new SluiceError('InvalidArgument', `The task's request cannot be read: ${unreadable}.`, {
      hint: 'Its inputs and its config may be nested some 45 levels deep. Hand over deeper data as a file, or as a text of JSON.',
    });
  if (!template?.type)
    throw new SluiceError('InvalidArgument', 'The request has no template with a type.', {
      hint: 'CreateTask needs the TaskTemplate of the task.',
    });
  const { labels = {} } = taskExecutionMetadata;
  return {
    type: template.type,
    name: template.id?.name || template.type,
    attempt: readAttempt(taskExecutionMetadata),
    // Propeller 1.16 fills in the label alone.
    interruptible:
      labels['interruptible'] === 'true' ||
      taskExecutionMetadata.interruptible === true ||
      template.metadata?.interruptible === true,
    custom: structToJson(template.custom),
    inputs: readLiterals(inputs),
    literals: inputs,
    outputs: declaredOutputs(template),
    container: template.container,
    environment: taskExecutionMetadata.environmentVariables ?? {},
    outputPrefix,
    template,
  };
}

function readAttempt({ taskExecutionId }: TaskExecutionMetadata): FlyteAttempt | undefined {
  const { nodeId, executionId } = taskExecutionId?.nodeExecutionId ?? {};
  if (!executionId?.name) return undefined;
  return {
    project: executionId.project ?? '',
    domain: executionId.domain ?? '',
    execution: executionId.name,
    node: nodeId ?? '',
    retryAttempt: taskExecutionId?.retryAttempt ?? 0,
  };
}

function declaredOutputs({ interface: own }: TaskTemplate): Record<string, LiteralType> {
  const variables = Object.entries(own?.outputs?.variables ?? {});
  return Object.fromEntries(variables.map(([name, { type = {} }]) => [name, bareType(type)]));
}

/** Without what describes it alone: the schema of a dataclass may be long. */
function bareType(type: LiteralType): LiteralType {
  const { simple, schema, structuredDatasetType, blob, collectionType, mapValueType, enumType, unionType } =
    type;
  if (simple !== undefined) return { simple };
  if (blob) return { blob };
  if (schema) return { schema };
  if (structuredDatasetType) return { structuredDatasetType };
  if (enumType) return { enumType };
  if (collectionType) return { collectionType: bareType(collectionType) };
  if (mapValueType) return { mapValueType: bareType(mapValueType) };
  // Which variant it is may be told by its structure alone.
  return unionType ? { unionType } : {};
}

/** flytekit reads MessagePack since 1.14; what says nothing of itself gets the form that everybody reads. */
export function encodingFor({ metadata }: TaskTemplate): StructEncoding {
  const { type, flavor = '', version = '' } = metadata?.runtime ?? {};
  // Sluice's own registration: a JSON value need not be an object.
  if (flavor === 'sluice') return 'msgpack';
  if (type !== 'FLYTE_SDK' || flavor.toLowerCase() !== 'python') return 'generic';
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  // 0.0.0 is one that was built from its sources.
  return major > 1 || minor >= 14 || major === 0 ? 'msgpack' : 'generic';
}
