import { library } from '@holdfast/config/tsup';

// Also for programs that are not ES modules: Node 20 cannot require() one.
export default library({ format: ['esm', 'cjs'] });
