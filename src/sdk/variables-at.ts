import type { Variable } from '../graph/index.ts';
import { toUri } from './call-site.ts';
import { mapValues } from './graph-builder.ts';
import type { AnyVariable } from './variables.ts';

/** Variables for the graph: a path that is the default of a `uri` is relative to `directory`. */
export function variablesAt(
  specs: Readonly<Record<string, AnyVariable>>,
  directory: string,
): Record<string, Variable> {
  return mapValues(specs, ({ variable }) =>
    variable.type === 'uri' && typeof variable.default === 'string'
      ? { ...variable, default: toUri(variable.default, directory) }
      : variable,
  );
}
