import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  loadSync,
  type MessageTypeDefinition,
  type Options,
  type PackageDefinition,
} from '@grpc/proto-loader';

/** Names in camel case; 64-bit integers as text, enumerations by name, what is not set left out. */
export const PROTO_FORM: Options = { longs: String, enums: String, oneofs: true };

const loaded = new Map<string, PackageDefinition>();

/**
 * Loads files of Flyte's protos, each set of them once: parsing takes a good part of a second.
 *
 * @param files as imports name them: `flyteidl/service/admin.proto`
 */
export function loadProtos(files: readonly string[]): PackageDefinition {
  const key = files.join('\n');
  const known = loaded.get(key);
  if (known) return known;
  const definition = loadSync([...files], { ...PROTO_FORM, includeDirs: directories() });
  loaded.set(key, definition);
  return definition;
}

function directories(): string[] {
  const { resolve } = createRequire(import.meta.url);
  const flyte = join(dirname(resolve('@flyteorg/flyteidl/package.json')), 'protos');
  return [flyte, dirname(resolve('protobufjs/package.json')), join(import.meta.dirname, 'stubs')];
}

/** How messages of one type become bytes and are read from them. */
export interface MessageCodec<Message> {
  encode(message: Message): Buffer;
  decode(bytes: Uint8Array): Message;
}

/** The codec of a type, `flyteidl.core.LiteralMap`, that a definition has. */
export function messageCodec<Message>(definition: PackageDefinition, type: string): MessageCodec<Message> {
  const { serialize, deserialize } = definition[type] as MessageTypeDefinition<object, object>;
  return {
    encode: (message) => serialize(message as object),
    decode: (bytes) => deserialize(Buffer.from(bytes)) as Message,
  };
}
