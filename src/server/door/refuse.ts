import type { IncomingMessage, ServerResponse } from 'node:http';
import { PAGE_HEADERS } from '../wire/page-headers.ts';
import { escapeXml } from '../wire/xml.ts';
import type { DoorError } from './door-error.ts';

/** Answers in the form that the client reads: JSON where it speaks JSON, else the XML of S3. */
export function refuse(request: IncomingMessage, response: ServerResponse, error: DoorError): void {
  const own = request.url?.startsWith('/_sluice/');
  const json = own || request.headers['x-amz-target'] !== undefined || request.url?.startsWith('/endpoints/');
  const body = json
    ? own
      ? JSON.stringify({ error: { code: error.code, message: error.message } })
      : JSON.stringify({ __type: `${error.code}Exception`, message: error.message })
    : `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error.code}</Code><Message>${escapeXml(error.message, 'replaced')}</Message></Error>`;
  response.writeHead(error.status, {
    ...PAGE_HEADERS,
    'content-type': json ? (own ? 'application/json' : 'application/x-amz-json-1.1') : 'application/xml',
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
