import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DescribedAnswer, Route } from './route.ts';
import { routes } from './routes.ts';
import { errorBody, idempotencyKey, named } from './schemas.ts';

type Json = Record<string, unknown>;

const COMPONENTS = '#/components/schemas/';

/** Statuses that any route may refuse with. */
const ALWAYS = [400, 401, 403, 500, 503];

/** The OpenAPI 3.1 document of the API, made of the table that routes and validates. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const row of routes) {
    const path = (paths[`/_sluice/v1${row.path}`] ??= {});
    path[row.method.toLowerCase()] = operationOf(row);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice: runs over HTTP',
      version,
      description: 'Begins, follows, cancels and resumes runs of workflows on a server of Sluice.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: ['runs', 'bundles', 'workflows'].map((name) => ({ name })),
    security: [{}, { signature: [] }],
    paths,
    components: {
      schemas: { ...componentSchemas(), Graph: graphComponent() },
      securitySchemes: {
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4 for the service sluice, where the server asks for it.',
        },
      },
    },
  };
}

function operationOf(row: Route): Json {
  const parameters = [
    ...parametersOf(row.parameters, 'path'),
    ...parametersOf(row.query, 'query'),
    ...(row.idempotent
      ? [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            schema: inline(idempotencyKey),
            description: 'The same key twice is one run.',
          },
        ]
      : []),
  ];
  return {
    operationId: row.operation,
    summary: row.summary,
    ...(row.description !== undefined && { description: row.description }),
    tags: [row.tag],
    ...(parameters.length > 0 && { parameters }),
    ...(row.body && { requestBody: { required: true, content: bodyOf(row.body) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(row.answers).map(([status, answer]) => [status, answerOf(answer)]),
      ),
      ...Object.fromEntries(refusalsOf(row).map((status) => [status, refusal])),
    },
  };
}

function refusalsOf({ body, refusals }: Route): number[] {
  return [...ALWAYS, ...refusals, ...(body !== undefined && body !== 'bytes' ? [415] : [])];
}

const refusal = {
  description: 'Refused: the error says why, and what to do.',
  content: { 'application/json': { schema: reference(errorBody) } },
};

function bodyOf(body: NonNullable<Route['body']>): Json {
  if (body === 'bytes')
    return { 'application/gzip': { schema: { type: 'string', contentMediaType: 'application/gzip' } } };
  return { 'application/json': { schema: reference(body.schema) } };
}

function answerOf({ description, schema, events }: DescribedAnswer): Json {
  const content = {
    ...(schema && { 'application/json': { schema: reference(schema) } }),
    ...(events && { 'text/event-stream': { schema: { type: 'string' }, 'x-event-data': reference(events) } }),
  };
  return { description, ...(Object.keys(content).length > 0 && { content }) };
}

function parametersOf(schema: z.ZodType, place: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = inline(schema) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: each,
  }));
}

function reference(schema: z.ZodType): Json {
  const id = named.get(schema)?.id;
  if (id === undefined) throw new Error('A schema of the table has no name.');
  return { $ref: `${COMPONENTS}${id}` };
}

function inline(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema) as Json;
  return rest;
}

function componentSchemas(): Record<string, Json> {
  const { schemas } = z.toJSONSchema(named, { uri: (id) => `${COMPONENTS}${id}` });
  return Object.fromEntries(
    Object.entries(schemas as Record<string, Json>).map(([id, { $schema: _schema, $id: _id, ...schema }]) => [
      id,
      schema,
    ]),
  );
}

/** The graph's own schema, whose references lead into it. */
function graphComponent(): Json {
  const {
    $schema: _,
    $id: __,
    ...schema
  } = JSON.parse(
    readFileSync(new URL('../../graph.schema.json', import.meta.url), 'utf8').replaceAll(
      '"#/$defs/',
      `"${COMPONENTS}Graph/$defs/`,
    ),
  ) as Json;
  return schema;
}
