import { expect, test } from 'vitest'
import { plainReason } from './reason.ts'

test.each([
  [
    "Non-zero status code returned while running MatMul node. Name:'/layers/0/MatMul' Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/math/matmul_helper.h:144 void onnxruntime::MatMulComputeHelper::Compute(const onnxruntime::TensorShape&) left_dim == right_dim was false. MatMul dimension mismatch",
    "Non-zero status code returned while running MatMul node. Name:'/layers/0/MatMul' Status Message: MatMul dimension mismatch",
  ],
  [
    'Exception during initialization: /onnxruntime_src/onnxruntime/core/framework/session_state.cc:123 std::bad_alloc',
    'Exception during initialization:',
  ],
  [
    'Load model from /home/ada/models/secret.onnx failed:Protobuf parsing failed.',
    'Load model from … failed:Protobuf parsing failed.',
  ],
  ['D:\\a\\_work\\1\\s\\onnxruntime\\core\\graph.cc:12 no graph', '… no graph'],
  ['cannot load file:///work/node_modules/onnxruntime-node/bin/libonnxruntime.so.1', 'cannot load …'],
  ['Error: cannot run\n    at run (/srv/platform/session.ts:12:3)', 'Error: cannot run'],
  ['/build/graph.cc:1', '…'],
  ['', 'It does not say why.'],
])('of %j people are told what is wrong, and not where', (message, told) => {
  expect(plainReason(new Error(message))).toBe(told)
})

test('what is no error, or a novel, is told all the same', () => {
  expect(plainReason('no model')).toBe('no model')
  expect(plainReason('x'.repeat(1_000))).toHaveLength(300)
  expect(plainReason('/a'.repeat(1_000_000))).toHaveLength(300)
})
