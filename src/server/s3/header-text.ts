import { S3Error } from './s3-error.ts';

/**
 * Looks whether text from elsewhere than a header (a query, a form) can be given back as one. The values of metadata always
 * can, as encoded words.
 *
 * @throws S3Error `InvalidArgument`
 */
export function checkHeaderText(name: string, value: string, argument = name): string {
  const named = /^[\w!#$%&'*+.^`|~-]+$/.test(name);
  if (named && (name.startsWith('x-amz-meta-') || /^[\t\x20-\x7e\x80-\xff]*$/.test(value))) return value;
  throw new S3Error('InvalidArgument', 'Header value cannot be represented using ISO-8859-1.', {
    ArgumentName: argument,
    ArgumentValue: value,
  });
}
