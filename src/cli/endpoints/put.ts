import { randomUUID } from 'node:crypto';
import { awaitEndpoint } from '../../platforms/endpoints/index.ts';
import type { CliContext } from '../context.ts';
import { printDocument } from '../output.ts';
import { approveEndpoint } from './approve-endpoint.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { endpointSpecOf } from './endpoint-spec-of.ts';
import { openEndpoints } from './open-endpoints.ts';

/** What is told of an endpoint that was put. */
interface PutDocument {
  readonly name: string;
  readonly status: string;
  readonly endpointConfigName: string;
  readonly url: string;
}

/** Creates or updates an endpoint, waits where that was asked for, and says what it is. @throws SluiceError */
export async function putFromOptions(
  context: CliContext,
  name: string,
  options: EndpointOptions,
  only: 'create' | 'update',
): Promise<void> {
  await approveEndpoint(context, options);
  const endpoints = await openEndpoints(context, options);
  const note = (text: string) => void (context.json || process.stderr.write(`${text}\n`));
  try {
    const spec = await endpointSpecOf(name, options, endpoints);
    const { configName } = await endpoints.put(spec, { key: randomUUID(), only });
    let status = only === 'create' ? 'Creating' : 'Updating';
    // What is scaled has to be in service.
    if (options.wait || spec.variants.some(({ scaling }) => scaling)) {
      note(`${status}: waiting until '${name}' is in service.`);
      const done = await awaitEndpoint(endpoints, name, { configName, limitMs: options.timeout * 1000 });
      status = done.EndpointStatus ?? status;
      await endpoints.scale(spec);
    }
    const document = { name, status, endpointConfigName: configName, url: await endpoints.url(name) };
    printDocument<PutDocument>(context, document, toText);
  } finally {
    await endpoints.close();
  }
}

function toText({ name, status, url }: PutDocument): string {
  const next =
    status === 'InService' ? `sluice endpoints invoke ${name} FILE` : `sluice endpoints show ${name}`;
  return `${name}  ${status}\n${url}\nNext: ${next}`;
}
