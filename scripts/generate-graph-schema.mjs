// Writes the JSON Schema of a graph, src/graph.schema.json, from its zod schema. A test compares the two.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { graphJsonSchema } from '../src/graph/schema.ts';

const file = fileURLToPath(new URL('../src/graph.schema.json', import.meta.url));
writeFileSync(file, `${JSON.stringify(graphJsonSchema(), null, 2)}\n`);
