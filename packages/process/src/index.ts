export { type Answer, askProcess, exportedScript, START_LIMIT, startScript } from './ask-process.js';
export { askProgram } from './ask-program.js';
export { closeDebugPort } from './close-debug-port.js';
export { noDebugPort } from './debug-port.js';
export { helperEnd } from './helper-end.js';
export { inOneLine } from './in-one-line.js';
export { filesWanted, limitRemedy, processesWanted } from './limits.js';
export { Patience, type Waiting } from './patience.js';
export {
  exitCodeOf,
  isStopSignal,
  STOP_SIGNALS,
  type StopSignal,
  stoppedBy,
  stopSignalOf,
} from './stop-signals.js';
export { type WaitingEvent, waitingEvent } from './waiting-event.js';
