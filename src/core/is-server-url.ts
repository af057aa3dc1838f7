/** Whether a text is the URL of a server: `https://a.example.com:4777`, nothing after it. */
export function isServerUrl(text: string): boolean {
  return /^https?:\/\/[^/?#@\s]+$/.test(text) && URL.canParse(text);
}
