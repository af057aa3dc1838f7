/**
 * Every error code, whose fault it is, and what it means. `docs/errors.md` lists each one; a test compares them.
 *
 * Keep the table sorted by code.
 */
export const errorCodes = {
  ChannelEmpty: { fault: 'user', meaning: 'An input channel names a place that holds no data.' },
  ChannelNotFound: { fault: 'user', meaning: 'An input channel names a place that does not exist.' },
  DiskFull: { fault: 'system', meaning: 'The file system has no room left.' },
  ExecutorUnavailable: { fault: 'system', meaning: 'What should run the job does not work on this machine.' },
  GraphInvalid: {
    fault: 'user',
    meaning: 'A workflow graph breaks a rule: unknown channel, missing input, cycle, two nodes of one name.',
  },
  HomeLocked: { fault: 'user', meaning: 'Another process holds the home.' },
  HomeReadOnly: { fault: 'user', meaning: 'The home cannot be written.' },
  HomeVersion: { fault: 'user', meaning: 'The home was written by another version of Sluice.' },
  InternalError: { fault: 'system', meaning: 'A defect in Sluice.' },
  InvalidArgument: { fault: 'user', meaning: 'An option or argument has a wrong value.' },
  JobFailed: { fault: 'user', meaning: 'A job ended as Failed.' },
  JobNotFound: { fault: 'user', meaning: 'No job has this name.' },
  JobStopped: { fault: 'user', meaning: 'A job ended as Stopped.' },
  ScriptNotFound: { fault: 'user', meaning: 'A script does not exist or cannot be read.' },
  WorkflowFileInvalid: {
    fault: 'user',
    meaning: 'A workflow file is missing, does not compile, or throws while it loads.',
  },
  WorkflowNotFound: { fault: 'user', meaning: 'A file exports no workflow, or none of the name that was asked for.' },
} as const satisfies Record<string, { readonly fault: 'user' | 'system'; readonly meaning: string }>;

/** A stable, documented error code. */
export type ErrorCode = keyof typeof errorCodes;
