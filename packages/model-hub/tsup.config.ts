import { library } from '@holdfast/config/tsup';

export default library({ entry: ['src/index.ts', 'src/testing.ts'] });
