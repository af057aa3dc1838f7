/**
 * User metadata beyond US-ASCII in HTTP headers, as S3 has it: encoded words of RFC 2047 are decoded before they are
 * stored; other bytes are taken as Latin-1; what is not US-ASCII comes back as one encoded word.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */

const word = /=\?([\w-]+)(?:\*[\w-]+)?\?([BbQq])\?([^? ]*)\?=/g;
const onlyWords = /^(?:=\?[\w-]+(?:\*[\w-]+)?\?[BbQq]\?[^? ]*\?=\s*)+$/;

/** The text of a header's value. What is no sequence of encoded words stays as it is. */
export function decodeWords(value: string): string {
  if (!onlyWords.test(value)) return value;
  const words = [...value.matchAll(word)];
  try {
    return words.map(([, charset = '', kind = '', text = '']) => decodeWord(charset, kind, text)).join('');
  } catch {
    return value;
  }
}

/** A value for a header: US-ASCII as it is, anything else as an encoded word. */
export function encodeWords(text: string): string {
  return /^[\t\x20-\x7e]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
}

function decodeWord(charset: string, kind: string, text: string): string {
  const bytes = kind.toUpperCase() === 'B' ? Buffer.from(text, 'base64') : decodeQuoted(text);
  return new TextDecoder(charset, { fatal: true }).decode(bytes);
}

function decodeQuoted(text: string): Buffer {
  const latin1 = text
    .replaceAll('_', ' ')
    .replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin1, 'latin1');
}
