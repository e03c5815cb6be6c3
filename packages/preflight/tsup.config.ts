import { library } from '@holdfast/config/tsup';

export default library({
  entry: {
    index: 'src/index.ts',
    'model-trial': 'src/model/model-trial.ts',
    'precision-trial': 'src/precision/precision-trial.ts',
    'provider-trial': 'src/device/provider-trial.ts',
    'calibration-trial': 'src/calibration/calibration-trial.ts',
    'speed-trial': 'src/speed/speed-trial.ts',
  },
});
