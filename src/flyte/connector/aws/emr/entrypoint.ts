import { createHash } from 'node:crypto';

/**
 * What EMR Serverless runs in place of a function, since it takes no command: it starts the command of its arguments, with
 * Spark's own environment, and ends as that does.
 */
export const ENTRYPOINT = `import os
import shutil
import signal
import subprocess
import sys

command = sys.argv[1:]
beside = os.path.join(os.path.dirname(sys.executable), command[0])
command[0] = shutil.which(command[0]) or beside
# Else flytekit ends well where the function has failed.
environment = dict(os.environ, FLYTE_FAIL_ON_ERROR="true")
child = subprocess.Popen(command, env=environment)
signal.signal(signal.SIGTERM, lambda *_: child.send_signal(signal.SIGTERM))
code = child.wait()
sys.exit(code if code >= 0 else 128 - code)
`;

/** Its key in a bucket: another one for other content. */
export const ENTRYPOINT_KEY = `sluice/flyte/entrypoint-${createHash('sha256').update(ENTRYPOINT).digest('hex').slice(0, 12)}.py`;
