/**
 * The door for runs: graphs over HTTP, below `/_sluice/v1`. One table of routes is routing, validation and document.
 *
 * By design: whoever may use the port as an owner may use it; jobs with their own credentials may not, so that hostile code
 * cannot have other code run. A body of JSON has to say that it is JSON: no form of a web page can.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { ServerSettings } from '../../core/config.ts';
import { didYouMean } from '../../core/suggest.ts';
import type { Home } from '../../home/index.ts';
import { RunKeeper, readRunLimits } from '../../home/keep-runs/index.ts';
import type { Authorize } from '../access/authorize.ts';
import { PAGE_HEADERS } from '../wire/page-headers.ts';
import { readBody } from '../wire/read-body.ts';
import { factsOf } from '../wire/request-facts.ts';
import type { ApiContext } from './api-context.ts';
import { ApiError, errorDocument, toApiError } from './api-error.ts';
import { Streams } from './event-stream.ts';
import { openApiDocument } from './openapi.ts';
import { readJson } from './read-json.ts';
import type { ApiAnswer, Route } from './route.ts';
import { routes } from './routes.ts';

/** What the API is made of. */
export interface RunsApiOptions {
  readonly home: Home;
  readonly settings: ServerSettings;
  /** The version of Sluice. */
  readonly version: string;
  /** Refuses a request whose signature is wrong. @default every request is accepted */
  readonly authorize?: Authorize | undefined;
  readonly log: (message: string) => void;
}

/** Runs over HTTP. */
export interface RunsApi {
  serves(request: IncomingMessage): boolean;
  /** Answers a request. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Takes over what earlier servers of the home have left. */
  start(): void;
  /** Ends all streams, and lets go of all runs: they stay Running for the next server. */
  close(): Promise<void>;
}

const PREFIX = '/_sluice/v1';
/** Longer ids and names are none. */
const MAX_URL_LENGTH = 16_384;

const matchers = routes.map((row) => ({
  row,
  pattern: new RegExp(`^${row.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}));

/** Makes the API. */
export function createRunsApi({ home, settings, version, authorize, log }: RunsApiOptions): RunsApi {
  const limits = readRunLimits(settings);
  const keeper = new RunKeeper({ home, mostOpen: limits.openRuns, log });
  const streams = new Streams(limits.streams);
  const context: ApiContext = { home, keeper, streams, limits, clock: () => new Date() };
  let document: object | undefined;
  return {
    serves: ({ url = '' }) => url === PREFIX || url.startsWith(`${PREFIX}/`),
    start: () => keeper.start(),
    close: async () => {
      streams.close();
      await keeper.close();
    },
    async handle(request, response) {
      factsOf(request).service = 'sluice';
      try {
        if (isDocument(request)) {
          (await authorize?.(request, 'sluice'))?.(Buffer.alloc(0));
          document ??= openApiDocument(version);
          return send(request, response, { status: 200, body: document });
        }
        const answer = await answerTo(context, authorize, request, response);
        if (answer) send(request, response, answer);
      } catch (error) {
        refuse(request, response, toApiError(error, log));
      }
    },
  };
}

function isDocument({ method, url }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && url === `${PREFIX}/openapi.json`;
}

async function answerTo(
  context: ApiContext,
  authorize: Authorize | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<ApiAnswer | undefined> {
  const { row, names } = findRoute(request);
  factsOf(request).operation = row.operation;
  const prove = await authorize?.(request, 'sluice');
  const raw = row.body === 'bytes' ? undefined : await readBody(request, limitOf(row, context));
  prove?.(raw ?? claimedHash(request));
  const handle = row.handle as unknown as (
    context: ApiContext,
    request: unknown,
  ) => ReturnType<Route['handle']>;
  return handle(context, {
    path: validate(row.parameters, names, ''),
    query: validate(row.query, readQuery(request), ''),
    body: readTyped(row, request, raw),
    request,
    response,
  });
}

function limitOf({ body }: Route, { limits }: ApiContext): number {
  return body === undefined || body === 'bytes' ? 64 * 1024 : body.limit(limits);
}

/** The body of an upload is not held in memory: its content is held against its digest, which the signature covers. */
function claimedHash({ headers }: IncomingMessage): { readonly hash: string } {
  const claimed = headers['x-amz-content-sha256'];
  return { hash: typeof claimed === 'string' ? claimed : createHash('sha256').digest('hex') };
}

function findRoute(request: IncomingMessage): { row: Route; names: Record<string, string> } {
  const { url = '', method = 'GET' } = request;
  if (url.length > MAX_URL_LENGTH) throw new ApiError(414, 'InvalidArgument', 'The URL is too long.');
  const path = (url.split('?', 1)[0] ?? '').slice(PREFIX.length);
  const found = matchers.flatMap(({ row, pattern }) => {
    const match = pattern.exec(path);
    return match ? [{ row, names: decodeNames(match.groups ?? {}) }] : [];
  });
  const asked = method === 'HEAD' ? 'GET' : method;
  const chosen = found.find(({ row }) => row.method === asked);
  if (chosen) return chosen;
  if (found.length === 0)
    throw new ApiError(404, 'NotFound', `There is no ${PREFIX}${path.slice(0, 200)}.`, {
      hint: `${PREFIX}/openapi.json tells what there is.`,
    });
  const allow = [...new Set(found.map(({ row }) => row.method))].join(', ');
  throw new ApiError(405, 'MethodNotAllowed', `${method} is not for this path; expected ${allow}.`, {
    headers: { allow },
  });
}

function decodeNames(groups: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decode(text)]));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ApiError(400, 'InvalidArgument', 'The URL is not valid percent-encoding.');
  }
}

function readQuery({ url = '' }: IncomingMessage): Record<string, string> {
  const start = url.indexOf('?');
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(start < 0 ? '' : url.slice(start + 1))) {
    // What a presigned URL carries is the signature's.
    if (/^x-amz-/i.test(name)) continue;
    if (name in query)
      throw new ApiError(400, 'InvalidArgument', `${name.slice(0, 100)} is given twice.`, {
        field: name.slice(0, 100),
      });
    query[name] = value;
  }
  return { ...query };
}

function readTyped({ body }: Route, { headers }: IncomingMessage, raw: Buffer | undefined): unknown {
  if (body === 'bytes') return undefined;
  if (body === undefined) {
    if (raw && raw.length > 0 && raw.toString('latin1').trim() !== '{}')
      throw new ApiError(400, 'InvalidArgument', 'Expected no body.', { field: 'body' });
    return undefined;
  }
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new ApiError(415, 'UnsupportedMediaType', `Expected JSON, got '${(type ?? '').slice(0, 100)}'.`, {
      field: 'Content-Type',
      hint: "Say so: curl --header 'Content-Type: application/json' --data @request.json",
    });
  return validate(body.schema, readJson(raw ?? Buffer.alloc(0)), '');
}

function validate(schema: z.ZodType, value: unknown, root: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = [root, ...(issue?.path ?? []).map(String)].filter(Boolean).join('.').slice(0, 200);
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const known = Object.keys((schema as { readonly shape?: object }).shape ?? {});
    throw new ApiError(
      400,
      'InvalidArgument',
      `There is no field '${key.slice(0, 100)}'${field && ` in ${field}`}.`,
      {
        field: [field, key.slice(0, 100)].filter(Boolean).join('.'),
        hint:
          key.length > 100 || field
            ? undefined
            : [didYouMean(key, known), `There are: ${known.join(', ') || 'none'}.`].filter(Boolean).join(' '),
      },
    );
  }
  throw new ApiError(
    400,
    'InvalidArgument',
    `${field || 'The body'}: ${issue?.message ?? 'has the wrong form'}.`,
    {
      field: field || 'body',
    },
  );
}

function refuse(request: IncomingMessage, response: ServerResponse, error: ApiError): void {
  // A stream that has begun can only end.
  if (response.headersSent) return void response.destroy();
  // What is left of a body is not read.
  const close = request.complete ? {} : { connection: 'close' };
  send(request, response, {
    status: error.status,
    body: errorDocument(error),
    headers: { ...error.options.headers, ...close },
  });
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, headers }: ApiAnswer,
): void {
  if (response.destroyed) return;
  const text = body === undefined ? '' : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    ...PAGE_HEADERS,
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
