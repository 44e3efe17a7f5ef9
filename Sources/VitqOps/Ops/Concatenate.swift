package import VitqGraph
package import VitqTensor

/// Stacks matrices of the same width, first operand on top.
///
/// Operands: one or more [Nᵢ, C]. Result: [Σ Nᵢ, C].
package struct Concatenate: CatalogOperation {
  package static let mnemonic = "concatenate"

  package init() {}

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    guard !operands.isEmpty else { throw .operandCount(expected: 1, found: 0) }
    for operand in operands.indices {
      try operands.expect(operand, rank: 2)
      try operands.expect(operand, [operands[operand][0], operands[0][1]])
    }
    return [operands.map { $0[0] }.reduce(0, +), operands[0][1]]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { nil }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    var offset = 0
    for operand in site.operands {
      let count = operand.shape.elementCount
      VectorKernels.current.move(
        BlockCounts(outer: 1, inner: 1, width: count), of: operand,
        at: BlockStrides(outer: 0, inner: 0), to: site.result,
        at: BlockStrides(offset: offset, outer: 0, inner: 0))
      offset += count
    }
  }

  /// ∂xᵢ is the rows of ∂y that xᵢ became.
  package func pullback(_ site: PullbackSite) {
    var offset = 0
    for (operand, slot) in zip(site.operands, site.gradients) {
      let count = operand.shape.elementCount
      if let slot {
        VectorKernels.current.move(
          BlockCounts(outer: 1, inner: 1, width: count), of: site.cotangent,
          at: BlockStrides(offset: offset, outer: 0, inner: 0), to: slot.view,
          at: BlockStrides(outer: 0, inner: 0), accumulates: slot.accumulates)
      }
      offset += count
    }
  }
}
