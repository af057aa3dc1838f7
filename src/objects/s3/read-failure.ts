import type { S3Failure } from './s3-error.ts';
import type { S3Headers } from './s3-request.ts';

/** What an answer that is no success says, in its document where it has one. The parser is loaded with the first one. */
export async function readFailure(status: number, body: Buffer, headers: S3Headers): Promise<S3Failure> {
  const requestId = headers['x-amz-request-id'];
  const document = /<Error>[^]*<\/Error>/.exec(body.toString())?.[0];
  const parsed = document === undefined ? undefined : await parseError(document);
  return {
    status,
    code: String(parsed?.['Code'] ?? ''),
    message: String(parsed?.['Message'] ?? ''),
    ...(typeof requestId === 'string' && { requestId }),
  };
}

async function parseError(document: string): Promise<Record<string, unknown> | undefined> {
  const { XMLParser } = await import('fast-xml-parser');
  const xml = new XMLParser({ parseTagValue: false });
  return (xml.parse(document) as { Error?: Record<string, unknown> }).Error;
}
