import { SluiceError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import type { TaskTypeHandler } from './task-type.ts';

/** What serves a task type. @throws SluiceError `InvalidArgument` for one that the connector does not serve */
export function taskTypeOf(types: Readonly<Record<string, TaskTypeHandler>>, type: string): TaskTypeHandler {
  const handler = Object.hasOwn(types, type) ? types[type] : undefined;
  if (handler) return handler;
  throw new SluiceError(
    'InvalidArgument',
    `This connector serves no tasks of type '${type}'. ${suggest(type, Object.keys(types))}`,
    { hint: `It serves: ${Object.keys(types).join(', ')}.` },
  );
}
