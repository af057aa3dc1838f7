// Writes the OpenAPI document of the runs' API, src/openapi.json, from its table of routes. A test compares the two.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../src/server/runs/openapi.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const file = fileURLToPath(new URL('../src/openapi.json', import.meta.url));
writeFileSync(file, `${JSON.stringify(openApiDocument(version), null, 2)}\n`);
