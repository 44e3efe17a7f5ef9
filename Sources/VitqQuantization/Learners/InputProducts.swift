import VitqAutodiff
import VitqGraph
import VitqTensor

/// What the weight updates of all layers that read one value share.
struct InputProducts {
  let input: NodeID
  let statistics: InputStatistics
  /// `nil` if the inputs are constant.
  let rounding: WeightRounding?

  init(
    of input: NodeID, inputs: [Tensor], quantizedInputs: [Tensor], damping: Double,
    workers: Workers
  ) {
    self.input = input
    statistics = InputStatistics(
      inputs: inputs, quantizedInputs: quantizedInputs, workers: workers)
    rounding = WeightRounding(statistics.gram, damping: damping)
  }
}
