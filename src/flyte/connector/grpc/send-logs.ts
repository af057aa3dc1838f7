import type { ServerWritableStream } from '@grpc/grpc-js';
import type { Connector } from '../connector.ts';
import type { TaskRequest } from '../messages.ts';
import { serviceError } from './answer.ts';
import { logPages } from './log-pages.ts';

/** Answers GetTaskLogs. @param linesMember how the protocol calls lines with their times */
export async function sendLogs(
  connector: Connector,
  call: ServerWritableStream<TaskRequest, object>,
  linesMember: 'structuredLines' | 'lines',
): Promise<void> {
  try {
    const { resourceMeta, token, lines } = call.request;
    const log = connector.logs(resourceMeta, token);
    for await (const page of logPages(log, Number(lines ?? 0), token, linesMember)) {
      if (call.cancelled) return;
      call.write(page);
    }
    call.end();
  } catch (error) {
    call.emit('error', serviceError(error));
  }
}
