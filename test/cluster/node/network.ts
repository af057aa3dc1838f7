/**
 * What a real cluster has beside its control plane, for pods of the tests' node: names of headless services and of the
 * hosts of Indexed Jobs (CoreDNS), and the API server at its service's address (kube-proxy).
 */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { findAccess } from '../../../src/platforms/kubernetes/client/find-access.ts';
import { KubeClient } from '../../../src/platforms/kubernetes/client/kube-client.ts';
import { Mirror } from '../../../src/platforms/kubernetes/client/mirror.ts';

interface Slice {
  readonly service: string;
  readonly namespace: string;
  readonly endpoints: readonly { readonly hostname?: string; readonly addresses?: readonly string[] }[];
}

const [kubeconfig, address, service] = process.argv.slice(2) as [string, string, string];
const client = new KubeClient(await findAccess({ kubeconfig }, process.env));
const slices = new Mirror<Slice>(client, {
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  keep: (object) => ({
    service: object.metadata.labels?.['kubernetes.io/service-name'] ?? '',
    namespace: object.metadata.namespace ?? '',
    endpoints: (object as unknown as { readonly endpoints?: Slice['endpoints'] }).endpoints ?? [],
  }),
});
await slices.ready();

const names = createSocket('udp4');
names.on('message', (question, from) => {
  const answer = answerTo(question);
  if (answer) names.send(answer, from.port, from.address);
});
names.bind(53, address);

const { hostname, port } = new URL(client.access.server);
createServer((pod) => {
  const api = connect(Number(port), hostname);
  pod.pipe(api).pipe(pod);
  pod.on('error', () => api.destroy());
  api.on('error', () => pod.destroy());
}).listen(443, service);

process.stdout.write('ready\n');

function addressesOf(name: string): readonly string[] {
  const [, host, of, namespace] = /^(?:([^.]+)\.)?([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(name) ?? [];
  return [...slices.objects.values()]
    .filter((slice) => slice.service === of && slice.namespace === namespace)
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => host === undefined || endpoint.hostname === host)
    .flatMap(({ addresses = [] }) => addresses);
}

/** One question, A records alone; undefined for what is no question. */
function answerTo(question: Buffer): Buffer | undefined {
  if (question.length < 17) return undefined;
  const parts: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    parts.push(question.toString('ascii', at + 1, at + 1 + length));
    at += length + 1;
  }
  const end = at + 5;
  const found = addressesOf(parts.join('.').toLowerCase());
  const isAddress = question.readUInt16BE(at + 1) === 1;
  const answers = isAddress ? found : [];
  const head = Buffer.from(question.subarray(0, 12));
  head.writeUInt16BE(found.length > 0 ? 0x8580 : 0x8583, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(answers.length, 6);
  head.writeUInt32BE(0, 8);
  const records = answers.map((ip) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...ip.split('.').map(Number)]),
  );
  return Buffer.concat([head, question.subarray(12, end), ...records]);
}
