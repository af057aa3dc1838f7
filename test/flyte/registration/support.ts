import { structToJson } from '../../../src/flyte/connector/literals/struct.ts';
import type { ProtoStruct } from '../../../src/flyte/connector/messages.ts';

/** The JSON of a Struct that has to be there. */
export function fromStruct(struct: ProtoStruct | undefined): unknown {
  if (!struct) throw new Error('There is no Struct.');
  return structToJson(struct);
}
