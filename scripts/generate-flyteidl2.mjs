// Writes src/flyte/protos/flyteidl2*.gen.ts: what describes the services of Flyte 2 that are spoken here, with all that they use, from
// the TypeScript of @flyteorg/flyteidl2, which Node does not load from node_modules, and of @bufbuild/protobuf.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const own = join(root, 'node_modules/@flyteorg/flyteidl2');
const { version } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
let files = new Map();
write('flyteidl2.gen.ts', 'FLYTEIDL2', 'The services of flyteidl2.connector', ['connector/service']);
write('flyteidl2-runs.gen.ts', 'FLYTEIDL2_RUNS', 'The services of flyteidl2.workflow and flyteidl2.auth', [
  'workflow/run_service',
  'auth/auth_service',
]);

function write(file, name, what, services) {
  files = new Map();
  for (const service of services) collect(join(own, `flyteidl2/${service}_pb.ts`));
  const set = descriptor.FileDescriptorSet.create({ file: [...files.values()] });
  for (const each of set.file) each.messageType.forEach(rename);
  const json = protobuf.Root.fromDescriptor(set).toJSON();
  for (const each of set.file)
    each.messageType.forEach((type) => restoreMaps(type, typeAt(json, each.package, type.name)));
  writeFileSync(
    join(root, 'src/flyte/protos', file),
    `// Written by scripts/generate-flyteidl2.mjs from @flyteorg/flyteidl2 ${version}.\n/** ${what}, in the form of protobufjs: JSON. */\nexport const ${name} =\n  ${quote(JSON.stringify(json))};\n`,
  );
}

function quote(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function collect(path) {
  if (files.has(path)) return;
  const text = readFileSync(path, 'utf8');
  const encoded = /fileDesc\(\s*"([^"]+)"/.exec(text)?.[1];
  if (encoded === undefined) throw new Error(`${path} describes no file.`);
  files.set(path, descriptor.FileDescriptorProto.decode(Buffer.from(encoded, 'base64')));
  for (const [, names, from] of text.matchAll(/^import \{([^}]*)\} from "([^"]+)";$/gm)) {
    // Options of fields and methods are no part of the messages.
    if (!names.includes('file_') || /validate_pb|google\/api/.test(from)) continue;
    if (from === '@bufbuild/protobuf/wkt')
      for (const [, name] of names.matchAll(/file_google_protobuf_(?!descriptor)(\w+)/g))
        collect(wellKnown(name));
    else collect(resolve(dirname(path), from));
  }
}

function wellKnown(name) {
  return join(root, `node_modules/@bufbuild/protobuf/dist/esm/wkt/google/protobuf/${name}_pb.js`);
}

/** As the files of Flyte 1 are loaded. */
function rename(message) {
  for (const field of message.field) field.name = protobuf.util.camelCase(field.name);
  for (const oneof of message.oneofDecl) oneof.name = protobuf.util.camelCase(oneof.name);
  message.nestedType.forEach(rename);
}

function typeAt(tree, packageName, name) {
  return [...packageName.split('.'), name].reduce((at, part) => at.nested[part], tree);
}

/** In descriptors a map is a list of entries. */
function restoreMaps(message, type) {
  for (const nested of message.nestedType) {
    if (!nested.options?.mapEntry) {
      restoreMaps(nested, type.nested[nested.name]);
      continue;
    }
    const { key, value } = type.nested[nested.name].fields;
    const field = Object.values(type.fields).find((each) => each.type.split('.').at(-1) === nested.name);
    delete field.rule;
    Object.assign(field, { keyType: key.type, type: value.type });
    delete type.nested[nested.name];
  }
}
