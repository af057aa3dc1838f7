import { ApiError } from './api-error.ts';

/** How deep JSON may be nested: what walks it must not exhaust the stack. */
const MAX_DEPTH = 100;

/** Reads JSON that a stranger has sent. @throws ApiError */
export function readJson(body: Buffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new ApiError(
      400,
      'InvalidArgument',
      `The body is no JSON: ${(error as Error).message.slice(0, 200)}`,
      {
        field: 'body',
      },
    );
  }
  expectShallow(value);
  return value;
}

function expectShallow(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH)
      throw new ApiError(400, 'InvalidArgument', `The body is nested deeper than ${MAX_DEPTH} levels.`, {
        field: 'body',
      });
    const next: unknown[] = [];
    for (const each of level) {
      if (typeof each !== 'object' || each === null) continue;
      for (const part of Object.values(each)) if (typeof part === 'object' && part !== null) next.push(part);
    }
    level = next;
  }
}
