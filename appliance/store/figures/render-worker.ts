// The thread that adds summaries and renders documents, so that a page with thousands of conversations keeps nobody else
// waiting. Holds the geo tables. Asked by render-thread.ts, one question after the other.

import { parentPort, workerData } from 'node:worker_threads';
import { rulesOrBuiltIn } from '../../analysis/platforms/rule-folder.ts';
import { toError } from '../../model/errors.ts';
import type { DeviceSum } from '../summary-tools.ts';
import { openSummaryTools } from './join-analysis.ts';
import type { RenderAnswer, RenderQuestion, RenderStart } from './render-messages.ts';

const port = parentPort;
if (port === null) throw new TypeError('render-worker.ts runs as a worker thread only');
const { profile, dataDir, home, rulesFolder } = workerData as RenderStart;
const send = (answer: RenderAnswer) => port.postMessage(answer);
const sums = new Map<number, DeviceSum>();
const tellProblem = (problem: string) => send({ type: 'problem', problem });
const platforms = await rulesOrBuiltIn(rulesFolder, tellProblem);
const tools = openSummaryTools(profile, tellProblem, dataDir, home, platforms);

port.on('message', (question: RenderQuestion) => {
  answer(question).then(
    (value) => send({ type: 'value', id: question.id, value }),
    (thrown: unknown) => send({ type: 'error', id: question.id, error: toError(thrown).message }),
  );
});

function answer(question: RenderQuestion): Promise<unknown> {
  if (question.verb === 'merge') return tools.merge(question.parts);
  if (question.verb === 'document') return tools.document(question.parts, question.origin);
  if (question.verb === 'head') return tools.head(question.parts, question.origin);
  if (question.verb === 'hour') return tools.hour(question.parts, question.origin);
  if (question.verb === 'add-flows') return tools.addFlows(question.parts, question.most);
  if (question.verb === 'group-flows') return tools.groupFlows(question.flows, question.question);
  return answerSum(question);
}

/** A sum that this thread does not know was begun by one that died: half a sum is none. */
function answerSum(question: Extract<RenderQuestion, { readonly sum: number }>): Promise<unknown> {
  if (question.verb === 'add' && question.begins) sums.set(question.sum, tools.combine());
  const sum = sums.get(question.sum);
  if (question.verb !== 'add') sums.delete(question.sum);
  if (question.verb === 'abandon') return Promise.resolve();
  if (sum === undefined) return Promise.reject(new Error('the render thread restarted'));
  return question.verb === 'add' ? sum.add(question.parts) : sum.document(question.origin);
}
