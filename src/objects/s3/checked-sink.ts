import type { BodySink } from './body-sink.ts';
import { type AskedObject, checkAnswer } from './check-answer.ts';
import { BrokenTransfer } from './s3-request.ts';

/** A sink that takes the body of what was asked for, and nothing else. */
export interface CheckedSink extends BodySink {
  /** To be called at the end of the answer. @throws BrokenTransfer where bytes are missing */
  checkWhole(): void;
}

/** Lets only the right answer, with the right number of bytes, into a sink. For one answer. */
export function checkedSink(asked: AskedObject, sink: BodySink): CheckedSink {
  let left = 0;
  return {
    onHead(headers, status) {
      left = checkAnswer(asked, headers, status).length;
      sink.onHead?.(headers, status);
    },
    room: () => sink.room(),
    take(bytes) {
      if (bytes > left) throw new BrokenTransfer('more bytes come than were announced');
      left -= bytes;
      sink.take(bytes);
    },
    checkWhole() {
      if (left > 0) throw new BrokenTransfer(`the answer ended ${left} bytes too early`);
    },
  };
}
