import type { FuzzRequest } from './http-request.ts';
import { mutateJson, mutateText } from './mutate-json.ts';
import type { Random } from './random.ts';
import type { ServiceRequest } from './service-requests.ts';
import { ShapeMutator } from './shape-mutator.ts';
import { strangeText } from './strange-values.ts';

type JsonInput = Extract<ServiceRequest['input'], { readonly json: unknown }>;

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'];

/** Headers that mean something to one service or another. */
const HEADERS = [
  'authorization',
  'content-type',
  'content-encoding',
  'content-md5',
  'expect',
  'host',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-range',
  'range',
  'smithy-protocol',
  'x-amz-acl',
  'x-amz-bucket-region',
  'x-amz-checksum-sha256',
  'x-amz-checksum-type',
  'x-amz-content-sha256',
  'x-amz-copy-source',
  'x-amz-copy-source-if-modified-since',
  'x-amz-copy-source-range',
  'x-amz-date',
  'x-amz-decoded-content-length',
  'x-amz-expected-bucket-owner',
  'x-amz-meta-\u00e9',
  'x-amz-meta-a',
  'x-amz-object-attributes',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-security-token',
  'x-amz-server-side-encryption',
  'x-amz-storage-class',
  'x-amz-tagging',
  'x-amz-target',
  'x-amz-trailer',
  'x-amz-user-agent',
];

/** A request like a valid one, in which something is wrong. */
export function mutateRequest(random: Random, from: ServiceRequest, other: ServiceRequest): FuzzRequest {
  const headers: Record<string, string> = { ...from.headers };
  for (const [name, value] of Object.entries(headers)) {
    if (random.chance(0.05)) delete headers[name];
    else if (random.chance(0.06)) headers[name] = headerText(mutateText(random, value));
  }
  while (random.chance(0.15)) headers[random.pick(HEADERS)] = headerText(strangeText(random));
  if (random.chance(0.03)) Object.assign(headers, other.headers);
  return {
    method: random.chance(0.04) ? random.pick(METHODS) : from.method,
    path: mutatePath(random, random.chance(0.02) ? other.path : from.path),
    headers,
    body: mutateBody(random, random.chance(0.03) ? other : from),
  };
}

function mutatePath(random: Random, path: string): string {
  if (!random.chance(0.35)) return path;
  const [head = '/', query = ''] = path.split('?');
  const names = query === '' ? [] : query.split('&');
  const changed = names.flatMap((each) => (random.chance(0.1) ? [] : [mutateQuery(random, each)]));
  if (random.chance(0.1)) changed.push(`X-Amz-Signature=${encode(strangeText(random))}`);
  if (random.chance(0.05)) changed.push(`X-Amz-Credential=${encode(strangeText(random))}`);
  if (random.chance(0.05)) changed.push(encode(strangeText(random)));
  const place = random.chance(0.4) ? `/${pathText(random, mutateText(random, head.slice(1)))}` : head;
  return changed.length > 0 ? `${place}?${changed.join('&')}` : place;
}

function mutateQuery(random: Random, part: string): string {
  if (random.chance(0.6)) return part;
  const [name = ''] = part.split('=');
  return `${random.chance(0.1) ? encode(strangeText(random)) : name}=${encode(strangeText(random))}`;
}

function mutateBody(random: Random, { input }: ServiceRequest): Buffer {
  if (typeof input === 'string') return bytes(random, random.chance(0.3) ? mutateText(random, input) : input);
  if ('json' in input) return bytes(random, JSON.stringify(mutateInput(random, input)) ?? '');
  const form = Object.entries(input.form).flatMap(([name, value]) =>
    random.chance(0.1) ? [] : [[name, random.chance(0.2) ? mutateText(random, value) : value] as const],
  );
  if (random.chance(0.1)) form.push([strangeText(random), strangeText(random)]);
  return bytes(random, form.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'));
}

function mutateInput(random: Random, { json, model, shape }: JsonInput): unknown {
  if (shape === undefined || random.chance(0.5)) return mutateJson(random, json);
  return new ShapeMutator(model, random).mutate(shape, json);
}

/** The text as it is, cut, doubled, with a byte changed, or something else. */
function bytes(random: Random, text: string): Buffer {
  const buffer = Buffer.from(text, /[\u0080-\u00ff]/.test(text) ? 'latin1' : 'utf8');
  if (random.chance(0.85)) return buffer;
  const at = random.below(buffer.length + 1);
  return random.pick([
    () => buffer.subarray(0, at),
    () => Buffer.concat([buffer, buffer]),
    () => Buffer.concat([buffer.subarray(0, at), Buffer.from([random.below(256)]), buffer.subarray(at + 1)]),
    () => Buffer.from('['.repeat(20_000)),
    () => Buffer.from('{"a":'.repeat(20_000)),
    () => Buffer.from('<a>'.repeat(20_000)),
    () => Buffer.from('<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>'),
    () => Buffer.from('a.member.1.'.repeat(5000) + '=1'),
    () => Buffer.from([0xff, 0xfe, 0x00]),
    () => Buffer.alloc(0),
  ])();
}

/** Percent-encoded, also where half a character cannot be. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function pathText(random: Random, text: string): string {
  const latin = Buffer.from(text, 'utf8').toString('latin1');
  return random.chance(0.5) ? encode(text) : latin.replace(/[\u0000-\u0020?#]/g, '_');
}

function headerText(text: string): string {
  return Buffer.from(text.slice(0, 4000), 'utf8')
    .toString('latin1')
    .replace(/[\r\n\u0000]/g, '');
}
