import type { RoutedVariant } from '../../jobs/index.ts';
import type { Invocation } from './parse-invocation.ts';
import {
  targetContainerMissing,
  targetContainerNotFound,
  targetContainerNotSupported,
  targetModelMissing,
  targetModelNotSupported,
} from './runtime-error.ts';

/** The containers that an invocation goes through, by their places in the model. @throws RuntimeError */
export function chooseContainers(
  { containers, executionMode }: RoutedVariant,
  { endpoint, targetModel, targetContainer }: Invocation,
  requestId: string,
): number[] {
  const names = containers.map(({ name }) => name);
  const all = [...containers.keys()];
  const chosen = executionMode === 'Direct' ? [directContainer(names, targetContainer, endpoint)] : all;
  if (executionMode !== 'Direct' && targetContainer !== undefined)
    throw targetContainerNotSupported(endpoint);
  const multiModel = chosen.some((index) => containers[index]?.multiModel);
  if (multiModel && targetModel === undefined) throw targetModelMissing(requestId);
  if (!multiModel && targetModel !== undefined) throw targetModelNotSupported(endpoint);
  return chosen;
}

function directContainer(
  names: readonly string[],
  targetContainer: string | undefined,
  endpoint: string,
): number {
  if (targetContainer === undefined) throw targetContainerMissing(endpoint, names);
  const index = names.indexOf(targetContainer);
  if (index < 0) throw targetContainerNotFound(targetContainer, endpoint, names);
  return index;
}
