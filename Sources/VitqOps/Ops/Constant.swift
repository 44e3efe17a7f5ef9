package import VitqGraph
package import VitqTensor

/// A value that is part of the graph: a weight.
///
/// Operands: none. Result: the shape of `value`. Archives keep the value apart, by node name.
package struct Constant: GraphConstant {
  package static let mnemonic = "constant"

  package var value: Tensor

  package init(_ value: Tensor) { self.value = value }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 0)
    return value.shape
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { .real }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) { value.withView { site.result.copy(from: $0) } }
  package func pullback(_ site: PullbackSite) {}
}
