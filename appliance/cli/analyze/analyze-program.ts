// `weir analyze` as a program of its own: what provisioning/prepared puts into one file and prepared.ts starts.

import { runWeir } from '../run-weir.ts';
import { declareAnalyze } from './analyze.ts';

void runWeir([declareAnalyze]);
