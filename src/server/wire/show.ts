/** What a stranger has sent, short, in quotes, and without anything that a terminal would take for more than text. */
export function show(text: string): string {
  return JSON.stringify(text.slice(0, 200)).replaceAll(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
