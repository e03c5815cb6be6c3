import { library } from '@holdfast/config/tsup';

export default library({
  entry: { index: 'src/index.ts', 'token-thread': 'src/tokens/thread/token-thread.ts' },
});
