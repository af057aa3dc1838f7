/** Java's own classes of characters, as they stand in one of JavaScript's. */
const CLASSES = { Alnum: 'a-zA-Z0-9', Print: ' -~' };

const compiled = new Map<string, RegExp>();

/**
 * Whether a whole string matches a pattern of a service model, which is a regular expression of Java.
 *
 * @throws SyntaxError for a pattern that JavaScript cannot express.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const known = compiled.get(pattern);
  if (known) return known.test(text);
  const expression = compilePattern(pattern);
  compiled.set(pattern, expression);
  return expression.test(text);
}

function compilePattern(pattern: string): RegExp {
  // A pattern must match the whole text in any case.
  const plain = pattern
    .replaceAll(/\\p\{(Alnum|Print)\}/g, (_, name: 'Alnum' | 'Print', offset: number) => {
      const inClass = pattern.lastIndexOf('[', offset) > pattern.lastIndexOf(']', offset);
      return inClass ? CLASSES[name] : `[${CLASSES[name]}]`;
    })
    .replaceAll(/\\[Az]/g, '');
  const source = `^(?:${plain})$`;
  if (!/\\p\{|\\uD800/.test(source)) return new RegExp(source);
  // Properties and characters beyond 16 bits need the flag u, with which plain characters must not be escaped.
  return new RegExp(source.replace(/\\([^\w\s^$\\.*+?()[\]{}|/-])/g, '$1'), 'u');
}
