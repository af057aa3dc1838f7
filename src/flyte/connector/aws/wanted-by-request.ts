import type { Json } from '../../../graph/index.ts';
import type { Wanted } from '../allowances.ts';

const ROLES = /arn:[\w-]+:iam::\d*:role\/[\w+=,.@\-/]+/g;
const PLACES = /s3[an]?:\/\/[^\s"',;]+/gi;
/** Members below which a request names what is written. */
const WRITTEN = /Output|Checkpoint|TensorBoard|Destination|DataCapture|Debug|Profiler/;

/**
 * What a request to AWS would use: every role and every place that stands anywhere in it, so that no member is overlooked.
 * Places below a member that tells of outputs are written. Pure.
 */
export function wantedByRequest(request: Json, operation?: string): Wanted {
  const wanted = { roles: new Set<string>(), places: new Set<string>(), outputs: new Set<string>() };
  walk(request, '', (text, path) => {
    for (const role of text.match(ROLES) ?? []) wanted.roles.add(role);
    for (const place of text.match(PLACES) ?? []) {
      wanted.places.add(place);
      if (WRITTEN.test(path)) wanted.outputs.add(place);
    }
  });
  return operation === undefined ? wanted : { ...wanted, operations: [operation] };
}

function walk(value: Json, path: string, take: (text: string, path: string) => void): void {
  if (typeof value === 'string') return take(value, path);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, each] of Object.entries(value)) walk(each, `${path}.${key}`, take);
}
