import { extname } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.avro': 'application/avro',
  '.csv': 'text/csv',
  '.css': 'text/css',
  '.gif': 'image/gif',
  '.gz': 'application/gzip',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.mjs': 'text/javascript',
  '.mp4': 'video/mp4',
  '.npy': 'application/x-npy',
  '.parquet': 'application/vnd.apache.parquet',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.tar': 'application/x-tar',
  '.tgz': 'application/gzip',
  '.tsv': 'text/tab-separated-values',
  '.txt': 'text/plain',
  '.wav': 'audio/wav',
  '.xml': 'application/xml',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
  '.zip': 'application/zip',
};

/** The content type of a file, by its ending; undefined where none is known. */
export function contentTypeOf(path: string): string | undefined {
  return types[extname(path).toLowerCase()];
}
