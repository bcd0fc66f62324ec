// `weir analyze` as a program of its own: what provisioning/prepared puts into one file and prepared.ts starts.

import { declareAnalyze } from './analyze.ts';
import { runWeir } from './run-weir.ts';

void runWeir([declareAnalyze]);
