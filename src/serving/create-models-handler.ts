import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { JSON_TYPE } from './content-type.ts';
import { HttpError, messageOf, statusOf } from './http-error.ts';
import type { LoadedModels } from './loaded-models.ts';
import { readBody } from './read-body.ts';

type Exchange = (request: IncomingMessage, response: ServerResponse, name: string) => Promise<unknown>;

/** Answers `/ping` and what SageMaker's platform asks of a container of many models. The promise never rejects. */
export function createModelsHandler(
  models: LoadedModels,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const routes: readonly (readonly [string, RegExp, Exchange])[] = [
    ['GET', /^\/ping$/, async () => ({})],
    ['GET', /^\/models$/, async () => ({ models: models.list() })],
    ['POST', /^\/models$/, (incoming, response) => load(models, incoming, response)],
    ['GET', /^\/models\/([^/]+)$/, async (_, __, name) => describe(models, name)],
    ['DELETE', /^\/models\/([^/]+)$/, async (_, __, name) => models.unload(name)],
    [
      'POST',
      /^\/models\/([^/]+)\/invoke$/,
      (incoming, response, name) => invoke(models, incoming, response, name),
    ],
  ];
  return async (incoming, response) => {
    try {
      const path = (incoming.url ?? '').split('?', 1)[0] ?? '';
      const route = routes.find(([method, pattern]) => method === incoming.method && pattern.test(path));
      if (!route) throw new HttpError(404, `${incoming.method} ${path} is not served here.`);
      const name = decodeURIComponent(route[1].exec(path)?.[1] ?? '');
      const answer = await route[2](incoming, response, name);
      if (response.headersSent) return;
      response.writeHead(200, { 'Content-Type': JSON_TYPE });
      response.end(`${JSON.stringify(answer ?? {})}\n`);
    } catch (error) {
      refuse(incoming, response, error);
    }
  };
}

async function load(
  models: LoadedModels,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { model_name: name, url } = parseLoad(await readBody(incoming));
  // Who does not wait for the model any more does not want it.
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await models.load(name, url, gone.signal);
}

function parseLoad(body: Buffer): { readonly model_name: string; readonly url: string } {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new HttpError(400, `The body is not JSON: ${messageOf(error)}`, error);
  }
  const { model_name: name, url } = (value ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || name === '' || typeof url !== 'string') {
    throw new HttpError(400, 'Expected {"model_name": "…", "url": "/opt/ml/models/…/model"}.');
  }
  return { model_name: name, url };
}

async function describe(models: LoadedModels, name: string): Promise<unknown> {
  return { modelName: name, modelUrl: await models.urlOf(name) };
}

/** Passes a request on to the model's process, and its answer back. */
async function invoke(
  models: LoadedModels,
  incoming: IncomingMessage,
  response: ServerResponse,
  name: string,
): Promise<void> {
  const { port, agent } = await models.get(name);
  const { connection: _connection, host: _host, ...headers } = incoming.headers;
  const options = { host: '127.0.0.1', port, agent, method: 'POST', path: '/invocations', headers };
  const outgoing = request(options);
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  response.once('close', () => {
    if (!response.writableFinished) outgoing.destroy();
  });
  // A model may answer before it has read everything.
  pipeline(incoming, outgoing).catch(() => undefined);
  const answer = await answered;
  const { connection: _, 'keep-alive': __, ...answerHeaders } = answer.headers;
  response.writeHead(answer.statusCode as number, answerHeaders);
  await pipeline(answer, response).catch(() => response.destroy());
}

function refuse(incoming: IncomingMessage, response: ServerResponse, error: unknown): void {
  const status = statusOf(error, 500);
  if (status >= 500) console.error(messageOf(error));
  if (response.headersSent || response.destroyed) return void response.destroy();
  // What is left of the body is not read: the connection cannot be used again.
  const headers = incoming.complete ? {} : { Connection: 'close' };
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${messageOf(error)}\n`);
}
