import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { RunLimits } from '../../home/keep-runs/index.ts';
import type { ApiContext } from './api-context.ts';

/** A request whose parts have been validated. */
export interface ApiRequest<Path, Query, Body> {
  readonly path: Path;
  readonly query: Query;
  readonly body: Body;
  readonly request: IncomingMessage;
  /** For streams alone. */
  readonly response: ServerResponse;
}

/** What is answered. Undefined: the handler has answered itself, with a stream. */
export interface ApiAnswer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One answer of a route, for the document. */
export interface DescribedAnswer {
  readonly description: string;
  /** JSON. Absent: no body. */
  readonly schema?: z.ZodType;
  /** Server-sent events, each of this schema. */
  readonly events?: z.ZodType;
}

/** One row of the table: routing, validation and document are made of it. */
export interface Route<Path = never, Query = never, Body = never> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/runs/{id}` below `/_sluice/v1`. */
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: 'runs' | 'bundles' | 'workflows' | 'document';
  readonly parameters: z.ZodType<Path>;
  readonly query: z.ZodType<Query>;
  /** JSON, or bytes that the handler reads. @default none */
  readonly body?:
    | { readonly schema: z.ZodType<Body>; readonly limit: (limits: RunLimits) => number }
    | 'bytes';
  /** Takes the header `Idempotency-Key`. @default false */
  readonly idempotent?: boolean;
  readonly answers: Readonly<Record<number, DescribedAnswer>>;
  /** Statuses of refusals beside those that any route has. */
  readonly refusals: readonly number[];
  readonly handle: (
    context: ApiContext,
    request: ApiRequest<Path, Query, Body>,
  ) => Promise<ApiAnswer | undefined>;
}

/** A row whose handler fits its schemas. */
export function route<Path, Query, Body = undefined>(row: Route<Path, Query, Body>): Route {
  return row as unknown as Route;
}
