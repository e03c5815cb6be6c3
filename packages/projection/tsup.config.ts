import { library } from '@holdfast/config/tsup';

export default library();
