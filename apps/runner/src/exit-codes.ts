/** The process exit codes of the command. */
export const ExitCode = {
  complete: 0,
  unexpected: 1,
  badInput: 2,
  /** Complete, but some sequences are quarantined. */
  quarantined: 3,
  shardsFailed: 4,
  /** `holdfast verify` found damage. */
  damaged: 5,
  interrupted: 130,
  terminated: 143,
} as const;
