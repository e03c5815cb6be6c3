import { library } from '@holdfast/config/tsup';

export default library({ entry: { index: 'src/index.ts', glance: 'src/glance.ts' } });
