import { library } from '@holdfast/config/tsup';

export default library({ entry: { index: 'src/index.ts', 'write-thread': 'src/write/write-thread.ts' } });
