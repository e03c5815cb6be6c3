import { library } from '@holdfast/config/tsup';

export default library({ entry: { index: 'src/index.ts', 'map-thread': 'src/data/map-thread.ts' } });
