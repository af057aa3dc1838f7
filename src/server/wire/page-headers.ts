/**
 * Headers of every answer: what is stored may be hostile, and must not be shown as a page of the server's own origin.
 * `sandbox` takes a page's scripts and its origin away, `nosniff` keeps text from being taken for HTML. AWS does not send
 * them; its clients take no notice.
 */
export const PAGE_HEADERS = {
  'content-security-policy': 'sandbox',
  'x-content-type-options': 'nosniff',
} as const;
