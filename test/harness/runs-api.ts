import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';

/** An answer of the API, held against the served document. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into it freely.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** What is sent. */
export interface Sent {
  /** An object is sent as JSON, a text as it is, said to be JSON. */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Json = Readonly<Record<string, unknown>>;

/** Talks to the API of a server, and holds every answer against the document that it serves. */
export class ApiClient {
  readonly url: string;
  readonly document: Json;
  readonly #ajv: Ajv2020;

  private constructor(url: string, document: Json) {
    this.url = url;
    this.document = document;
    this.#ajv = new Ajv2020({ strict: false });
    // @ts-expect-error its types say otherwise than what Node imports
    addFormats(this.#ajv);
    this.#ajv.addSchema({ ...document, $id: 'http://sluice/openapi' });
  }

  static async open(server: string): Promise<ApiClient> {
    const url = `${server}/_sluice/v1`;
    return new ApiClient(url, (await (await fetch(`${url}/openapi.json`)).json()) as Json);
  }

  async call(method: string, path: string, { body, headers = {} }: Sent = {}): Promise<ApiAnswer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
    this.#expectDocumented(method, path, answer);
    return answer;
  }

  get(path: string): Promise<ApiAnswer> {
    return this.call('GET', path);
  }

  post(path: string, body?: object | string, headers: Sent['headers'] = {}): Promise<ApiAnswer> {
    return this.call('POST', path, { ...(body !== undefined && { body }), headers });
  }

  /** Waits until a run has ended. */
  async ended(id: string): Promise<ApiAnswer['body']> {
    return untilEnded(async () => (await this.get(`/runs/${id}`)).body);
  }

  #expectDocumented(method: string, path: string, { status, body }: ApiAnswer): void {
    const paths = this.document['paths'] as Readonly<Record<string, Json>>;
    const template = Object.keys(paths).find((each) =>
      new RegExp(`^${each.replace('/_sluice/v1', '').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(
        path.split('?', 1)[0] as string,
      ),
    );
    const operation = paths[template ?? '']?.[method.toLowerCase()] as Json | undefined;
    if (!template || !operation || method === 'HEAD') return;
    expectAmong(
      Object.keys(operation['responses'] as object),
      String(status),
      `${method} ${path} answers ${status}`,
    );
    if (body === undefined) return;
    const place = [
      'paths',
      template,
      method.toLowerCase(),
      'responses',
      String(status),
      'content',
      'application/json',
      'schema',
    ]
      .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    const validate = this.#ajv.compile({ $ref: `http://sluice/openapi#/${place}` });
    expectNone(validate(body) ? [] : validate.errors, `${method} ${path} answers ${status}`);
  }
}

async function untilEnded(read: () => Promise<ApiAnswer['body']>): Promise<ApiAnswer['body']> {
  const until = Date.now() + 110_000;
  for (;;) {
    // Not expect.poll: an answer that is not as documented is told at once.
    const run = await read();
    if (run.phase !== 'Running') return run;
    if (Date.now() > until) throw new Error(`The run '${run.id}' does not end: ${JSON.stringify(run)}`);
    await sleep(50);
  }
}

function expectAmong(known: readonly string[], found: string, what: string): void {
  expect({ what, isKnown: known.includes(found) }).toEqual({ what, isKnown: true });
}

function expectNone(errors: unknown, what: string): void {
  expect({ what, errors }).toEqual({ what, errors: [] });
}

/** One server-sent event. */
export interface ReadEvent {
  readonly id: string | undefined;
  readonly event: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

/** Reads a stream until it ends, or until enough was read; then the connection is cut. */
export async function readEvents(
  url: string,
  {
    lastId,
    until = () => false,
  }: { readonly lastId?: string; readonly until?: (event: ReadEvent) => boolean } = {},
): Promise<ReadEvent[]> {
  const cut = new AbortController();
  const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
  const response = await fetch(url, { headers, signal: cut.signal });
  const events: ReadEvent[] = [];
  let rest = '';
  try {
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      rest += Buffer.from(piece).toString();
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        const event = parseEvent(rest.slice(0, end));
        rest = rest.slice(end + 2);
        if (!event) continue;
        events.push(event);
        if (until(event)) return events;
      }
    }
    return events;
  } finally {
    cut.abort();
  }
}

function parseEvent(text: string): ReadEvent | undefined {
  const fields = Object.fromEntries(
    text.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]),
  );
  if (fields['data'] === undefined) return undefined;
  return {
    id: fields['id'],
    event: fields['event'] ?? 'message',
    data: JSON.parse(fields['data']) as unknown,
  };
}

/** A workflow whose steps are Node programs, one after the other. */
export function graphOf(name: string, programs: Readonly<Record<string, string>>): Record<string, unknown> {
  const nodes = Object.keys(programs).map((id, index, all) => ({
    id,
    task: id,
    inputs: {},
    ...(index > 0 && { after: [all[index - 1] as string] }),
  }));
  const tasks = Object.fromEntries(
    Object.entries(programs).map(([id, program]) => [
      id,
      {
        type: 'processing',
        name: id,
        interface: { inputs: {}, outputs: {} },
        instanceType: 'ml.m5.large',
        instanceCount: 1,
        volumeSizeInGB: 1,
        image: 'sluice/node:24',
        command: ['node', '-e', program],
        environment: {},
        maxRuntimeInSeconds: 600,
        inputs: {},
        outputs: {},
        propertyFiles: {},
      },
    ]),
  );
  const inputs = { count: { type: 'integer', default: 1 } };
  return { version: 2, name, interface: { inputs, outputs: {} }, outputs: {}, tasks, nodes };
}
