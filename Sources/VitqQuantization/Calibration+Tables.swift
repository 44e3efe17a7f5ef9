import VitqAutodiff
import VitqGraph
import VitqOps
import VitqTensor

/// GELU of 8-bit codes.
extension Calibration {
  /// What lies below is as good as this: GELU gives less than 0.001 in magnitude for both.
  private static let leastRead: Float = -3.5

  /// Whether a GELU reads codes, and so has a table at run time.
  func isTabulated(_ id: NodeID) -> Bool {
    recipe.tabulatesGELU && recipe.activationScales == .static && activationBits(of: id) <= 4
      && source[source[id].operands[0]].operation is Linear
      && users[source[id].operands[0].index].count == 1
  }

  /// Quantizes what a GELU reads, on a grid of 8 bits that has no steps to spare for what GELU
  /// makes nothing of.
  mutating func visitTabulatedGELU(_ id: NodeID) throws(QuantizationError) {
    let node = source[id]
    let x = try real(node.operands[0])
    try requireFinite(node.operands[0], x.tensors)
    let read = batch.workers.map(x.tensors.count) {
    } body: { [tensors = x.tensors] _, i in
      Tensor(tensors[i].shape, tensors[i].elements.map { max($0, Self.leastRead) })
    }
    let choice = ActivationSearch(bits: 8, percentiles: recipe.percentiles)
      .choose(read, workers: batch.workers)
    let quantize = FakeQuantize([choice.quantizer])
    let codes = try evaluate(quantize, [.values(x.tensors)])
    let codesID = try add("\(source[node.operands[0]].name).quantized", quantize, [x.id])
    values[id.index] = Value(
      id: try add(node.name, node.operation, [codesID]),
      tensors: try evaluate(
        node.operation, [.values(keepsFullPrecision ? x.tensors : codes)]))
  }
}
