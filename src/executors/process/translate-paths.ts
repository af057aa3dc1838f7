/**
 * Paths below `/opt/ml` stand at the beginning of a text or after a character that no path holds: `--model=/opt/ml/model`,
 * `a:/opt/ml/b`, `{"dir":"/opt/ml/model"}`, `file:///opt/ml/input`. `s3://bucket/opt/ml/x` is none.
 */
const ML_PATH = /(?<=^|[^\w./-]|\bfile:\/\/)\/opt\/ml(?=$|[^\w.-])/g;

/** A text with each path under `/opt/ml` led to where it is on this machine. JSON stays JSON. */
export function translatePaths(text: string, mlDirectory: string): string {
  if (!text.includes('/opt/ml')) return text;
  const json = /^\s*[[{]/.test(text);
  const target = json ? JSON.stringify(mlDirectory).slice(1, -1) : mlDirectory;
  return text.replace(ML_PATH, () => target);
}

/** An environment with each value translated. */
export function translateEnvironment(
  environment: Readonly<Record<string, string>>,
  mlDirectory: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, translatePaths(value, mlDirectory)]),
  );
}
