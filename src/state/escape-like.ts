/**
 * Text as it stands in the pattern of `lower(x) LIKE ? ESCAPE '\'`, which finds it whatever the case of its letters from
 * a to z: LIKE alone means another thing in each dialect.
 */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&').replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
