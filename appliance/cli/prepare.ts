// Compiles the prepared program for the Node of this machine; the package and the build run it once.

import { compilePrepared } from './prepared.ts';

compilePrepared();
