import { stripVTControlCharacters } from 'node:util';
import { expect, test, vi } from 'vitest';
import { reportError } from '../../src/cli/report-error.ts';
import { SluiceError } from '../../src/core/errors.ts';

function shown(message: string, logTail = ['starts', 'no module']): string {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const details = { logTail };
  reportError(new SluiceError('EndpointFailed', message, { details }), { json: false, debug: false });
  const text = write.mock.calls.map(([each]) => String(each)).join('');
  write.mockRestore();
  return stripVTControlCharacters(text);
}

test('the end of a log is shown', () => {
  expect(shown('It is Failed.')).toContain('the last lines of its log:\n  │ starts\n  │ no module');
});

test('a log that ends with an empty line is shown, too', () => {
  expect(shown('It is Failed.', ['starts', ''])).toContain('│ starts\n');
});

test('what the message has told already is not told again', () => {
  const message = 'It is Failed.\nThe last lines of its log:\n  starts\n  no module';
  expect(shown(message)).toBe(`error EndpointFailed: ${message}\n`);
});
