package import VitqGraph
package import VitqTensor

/// A value that the caller provides before each evaluation.
///
/// Operands: none. Result: `shape`.
package struct Input: GraphInput, CatalogOperation {
  package static let mnemonic = "input"

  package var shape: Shape

  package init(_ shape: Shape) { self.shape = shape }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 0)
    return shape
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { .real }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  /// Leaves what the caller wrote.
  package func forward(_ site: ForwardSite) {}
  package func pullback(_ site: PullbackSite) {}
}
