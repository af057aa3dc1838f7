import type { KubeObject } from '../client/objects.ts';
import { MARKS } from '../cluster-names.ts';

/** A change of an endpoint that did not come to serve. */
export interface FailedChange {
  /** The configuration that the endpoint was to have. */
  readonly configuration: string;
  readonly reason: string;
  /** It was given up by who had asked for it. */
  readonly isCancelled?: boolean | undefined;
  /** There was no room for it. */
  readonly isDisplaced?: boolean | undefined;
  /** What its containers have printed last: they are gone. */
  readonly logTail?: readonly string[] | undefined;
}

/** What is written on the Deployment of an endpoint. */
export interface EndpointMarks {
  /** The endpoint's own name. */
  readonly endpoint: string;
  readonly variant: string;
  /** So many model servers. */
  readonly instances: number;
  /** `s3://…` of its model; `''` where the image has its own. */
  readonly model: string;
  /** The configuration that it has, or is to have. */
  readonly configuration: string;
  /** The one that served before, and serves until the other does. */
  readonly previous?: string | undefined;
  /** Of the last change. */
  readonly changedAt: string;
  readonly failed?: FailedChange | undefined;
}

/** As annotations. Pure. */
export function writeMarks(marks: EndpointMarks): Record<string, string> {
  const { previous, failed } = marks;
  return {
    [MARKS.endpointName]: marks.endpoint,
    [MARKS.variant]: marks.variant,
    [MARKS.instances]: String(marks.instances),
    [MARKS.model]: marks.model,
    [MARKS.configuration]: marks.configuration,
    [MARKS.changedAt]: marks.changedAt,
    ...(previous !== undefined && { [MARKS.previous]: previous }),
    ...(failed && { [MARKS.failed]: JSON.stringify(failed) }),
  };
}

/** From annotations. Undefined where they are none of an endpoint's. Pure. */
export function readMarks({ metadata }: Pick<KubeObject, 'metadata'>): EndpointMarks | undefined {
  const { annotations = {} } = metadata;
  const endpoint = annotations[MARKS.endpointName];
  const configuration = annotations[MARKS.configuration];
  if (endpoint === undefined || configuration === undefined) return undefined;
  return {
    endpoint,
    variant: annotations[MARKS.variant] ?? '',
    instances: Number(annotations[MARKS.instances] ?? 1),
    model: annotations[MARKS.model] ?? '',
    configuration,
    previous: annotations[MARKS.previous],
    changedAt: annotations[MARKS.changedAt] ?? metadata.creationTimestamp ?? '',
    failed: parseFailed(annotations[MARKS.failed]),
  };
}

function parseFailed(text: string | undefined): FailedChange | undefined {
  if (text === undefined) return undefined;
  try {
    const { configuration, reason, isCancelled, isDisplaced, logTail } = JSON.parse(
      text,
    ) as Partial<FailedChange>;
    if (typeof configuration !== 'string' || typeof reason !== 'string') return undefined;
    return {
      configuration,
      reason,
      isCancelled: isCancelled === true,
      isDisplaced: isDisplaced === true,
      logTail: Array.isArray(logTail) ? logTail.map(String) : [],
    };
  } catch {
    return undefined;
  }
}

/** Whether the change was made already, whatever became of it. Pure. */
export function isOfChange({ configuration, failed }: EndpointMarks, configName: string): boolean {
  return configuration === configName || failed?.configuration === configName;
}

/** An endpoint that was given up before it served is none. Pure. */
export function isGivenUp({ configuration, failed }: EndpointMarks): boolean {
  return failed?.isCancelled === true && failed.configuration === configuration;
}
