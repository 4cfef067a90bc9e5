/** Operator sets that onnxruntime serves and that these lists were read against, oldest and newest. */
export const OPERATOR_SETS: ReadonlyMap<string, { readonly oldest: number; readonly newest: number }> = new Map([
  ['', { oldest: 9, newest: 22 }],
  ['ai.onnx.ml', { oldest: 1, newest: 4 }],
])

/**
 * What forecasting networks, linear models and tree ensembles are made of. Left out on purpose: what loops or branches (`Loop`, `Scan`,
 * `If`: no bound on a run), what is random, what reads strings or gives anything but tensors, and what a `MatMul` does as well.
 */
export const ALLOWED_OPERATORS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    '',
    new Set(
      [
        'Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast CastLike Ceil Clip Concat Constant ConstantOfShape Conv',
        'Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor GRU Gather GatherElements Gelu Gemm GlobalAveragePool',
        'GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish Identity InstanceNormalization IsNaN LSTM',
        'LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax MatMul Max MaxPool Mean Min Mish Mod Mul Neg Not Or',
        'PRelu Pad Pow RNN Range Reciprocal ReduceL1 ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd',
        'ReduceSum ReduceSumSquare Relu Reshape Round Selu Shape Sigmoid Sign Slice Softmax Softplus Softsign Split Sqrt',
        'Squeeze Sub Sum Tanh ThresholdedRelu TopK Transpose Trilu Unsqueeze Where Xor',
      ].flatMap((line) => line.split(' ')),
    ),
  ],
  ['ai.onnx.ml', new Set(['Imputer', 'Normalizer', 'Scaler', 'TreeEnsembleClassifier', 'TreeEnsembleRegressor'])],
])
