import type { Metric, Sample } from './metric-text.ts';
import type { FinishedRequest } from './watch-request.ts';

/** Upper ends of the histogram's buckets, seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;
/** No more kinds of requests are told apart: what a stranger sends must not fill the memory. */
const MAX_KINDS = 1000;

interface Kind {
  readonly labels: { readonly service: string; readonly operation: string; readonly status: string };
  readonly buckets: number[];
  sum: number;
  count: number;
}

/** Counts requests. */
export class RequestMetrics {
  readonly #kinds = new Map<string, Kind>();
  #received = 0;
  #sent = 0;
  #underWay = 0;

  begin(): void {
    this.#underWay++;
  }

  end({ facts, status, seconds, bytesReceived, bytesSent }: FinishedRequest): void {
    this.#underWay--;
    const { service = 'none', operation = 'none' } = facts;
    if (service === 's3') {
      this.#received += bytesReceived;
      this.#sent += bytesSent;
    }
    const kind = this.#kind(service, operation, String(status));
    kind.count++;
    kind.sum += seconds;
    const bucket = BUCKETS.findIndex((end) => seconds <= end);
    if (bucket >= 0) (kind.buckets[bucket] as number)++;
  }

  collect(): Metric[] {
    const kinds = [...this.#kinds.values()];
    return [
      {
        name: 'sluice_requests_total',
        type: 'counter',
        help: 'Requests that were answered.',
        samples: kinds.map(({ labels, count }) => ({ labels, value: count })),
      },
      {
        name: 'sluice_request_duration_seconds',
        type: 'histogram',
        help: 'From the head of a request to the end of its answer.',
        samples: kinds.flatMap(histogram),
      },
      {
        name: 'sluice_requests_in_flight',
        type: 'gauge',
        help: 'Requests under way.',
        samples: [{ value: this.#underWay }],
      },
      {
        name: 'sluice_s3_received_bytes_total',
        type: 'counter',
        help: 'Bytes of requests to S3, heads included.',
        samples: [{ value: this.#received }],
      },
      {
        name: 'sluice_s3_sent_bytes_total',
        type: 'counter',
        help: 'Bytes of answers of S3, heads included.',
        samples: [{ value: this.#sent }],
      },
    ];
  }

  #kind(service: string, operation: string, status: string): Kind {
    const name = `${service}\n${operation}\n${status}`;
    let kind = this.#kinds.get(name);
    if (kind) return kind;
    if (this.#kinds.size >= MAX_KINDS && operation !== 'other') return this.#kind(service, 'other', status);
    kind = { labels: { service, operation, status }, buckets: BUCKETS.map(() => 0), sum: 0, count: 0 };
    this.#kinds.set(name, kind);
    return kind;
  }
}

function histogram({ labels, buckets, sum, count }: Kind): Sample[] {
  let below = 0;
  const ends = BUCKETS.map((end, index): Sample => {
    below += buckets[index] as number;
    return { suffix: '_bucket', labels: { ...labels, le: String(end) }, value: below };
  });
  return [
    ...ends,
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_sum', labels, value: sum },
    { suffix: '_count', labels, value: count },
  ];
}
