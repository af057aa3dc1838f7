import { endpointLogGroup } from '../../contract/log-names.ts';
import type { EndpointLogStream } from '../../jobs/index.ts';
import { type LogGroup, type LogStream, selectStreams } from './log-group.ts';

/** The group of an endpoint: a stream is an instance, `<variant>/<instance>`, or one of its containers. */
export function endpointGroup(endpoint: string, instances: readonly EndpointLogStream[]): LogGroup {
  const all = instances.map(
    ({ variant, stream, open, createdAt }): LogStream => ({
      name: `${variant}/${stream}`,
      open,
      createdAt,
    }),
  );
  return {
    name: endpointLogGroup(endpoint),
    async *streams(selection) {
      yield* selectStreams(all, selection);
    },
    async find(name) {
      return all.find((stream) => stream.name === name);
    },
  };
}
