import type { EndpointLogStream, Jobs, LogPlace } from '../../jobs/index.ts';

/** SageMaker's names of jobs and endpoints. */
const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/;
const TYPES = ['training', 'processing', 'transform'] as const;

/** The logs of a job or an endpoint, as far as they lie on this machine; undefined where it cannot be one. */
export function peerLog(
  jobs: Jobs,
  type: string,
  name: string,
): Pick<LogPlace, 'streams' | 'open'> | undefined {
  if (!NAME.test(name)) return undefined;
  if (type === 'endpoint') return endpointLog(jobs, name);
  const known = TYPES.find((each) => each === type);
  return known && jobs[known].ownLogs(name);
}

/** A stream is `<variant>/<instance>`, with `/<container>` after it where there are several. */
function endpointLog({ endpoints }: Jobs, name: string): Pick<LogPlace, 'streams' | 'open'> {
  const nameOf = ({ variant, stream }: EndpointLogStream) => `${variant}/${stream}`;
  return {
    streams: async () => (await endpoints.logs.ownStreams(name)).map(nameOf),
    open: async (stream) =>
      (await endpoints.logs.ownStreams(name)).find((each) => nameOf(each) === stream)?.openSource(),
  };
}
