import VitqGraph
import VitqTensor

/// Whether the evaluator keeps quantized values as their integers.
package enum Arithmetic: Sendable {
  /// Every value is real; quantizers round to the values of their codes.
  case real
  /// Values are carried in the encodings that the operations choose: what the runtime computes.
  case integer
}

/// How every value of a graph is encoded, and who must read it decoded.
struct Encodings: Sendable {
  /// Indexed like the nodes of the graph.
  private(set) var ofResult: [Encoding] = []
  /// The nodes whose operands are decoded for them; indexed like the nodes of the graph.
  private(set) var decodesOperands: [Bool] = []

  init(_ graph: Graph, _ arithmetic: Arithmetic) {
    for node in graph.nodes {
      let operands = node.operands.map { ofResult[$0.index] }
      switch arithmetic {
      case .real:
        ofResult.append(.real)
        decodesOperands.append(false)
      case .integer:
        if let encoding = node.operation.resultEncoding(operands) {
          ofResult.append(encoding)
          decodesOperands.append(false)
        } else {
          let decoded = operands.map { _ in Encoding.real }
          ofResult.append(node.operation.resultEncoding(decoded) ?? .real)
          decodesOperands.append(operands.contains { $0 != .real })
        }
      }
    }
  }

  /// Whether `reader` reads the value of `operand` through a decoded copy.
  func isDecoded(_ operand: NodeID, for reader: NodeID) -> Bool {
    decodesOperands[reader.index] && ofResult[operand.index] != .real
  }
}

/// Integers to the values they stand for: scale · (element − zeroPoint).
struct Decoding {
  let source: TensorView
  let target: MutableTensorView

  func callAsFunction() {
    if source.encoding == .integerRows {
      let scales = source.rowScales
      for row in 0..<source.shape[0] {
        VectorKernels.current.decode(
          source.part(row), scale: scales[2 * row], zeroPoint: scales[2 * row + 1],
          into: target.part(row))
      }
      return
    }
    guard case .integer(let scales, let zeroPoints) = source.encoding else {
      target.copy(from: source)
      return
    }
    let kernels = VectorKernels.current
    guard scales.count > 1 else {
      kernels.decode(source, scale: scales[0], zeroPoint: zeroPoints[0], into: target)
      return
    }
    for (index, (scale, zeroPoint)) in zip(scales, zeroPoints).enumerated() {
      kernels.decode(
        source.part(index), scale: scale, zeroPoint: zeroPoint, into: target.part(index))
    }
  }
}
