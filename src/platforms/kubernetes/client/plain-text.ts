/** Characters of a message that are kept. */
const MOST = 1000;

/** What an API server says, fit for a terminal: without control characters, but for ends of lines, and not too long. Pure. */
export function plainText(text: string, most: number = MOST): string {
  return text.slice(0, most).replace(/[^\P{Cc}\n]/gu, ' ');
}
