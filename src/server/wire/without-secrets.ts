/** Parts of a query that would let its reader in. */
const SECRET = /^(x-amz-(signature|credential|security-token)|signature|awsaccesskeyid)$/i;

/** A URL as a log may show it: `/bucket/key?X-Amz-Signature=-`. */
export function withoutSecrets(url: string): string {
  const [path = '', query] = url.split(/\?(.*)/s);
  if (query === undefined) return path;
  const parts = query.split('&').map((part) => {
    const name = part.split('=', 1)[0] as string;
    return SECRET.test(decode(name)) ? `${name}=-` : part;
  });
  return `${path}?${parts.join('&')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
