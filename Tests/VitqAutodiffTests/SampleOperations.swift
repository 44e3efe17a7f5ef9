import Synchronization
import VitqGraph
import VitqTensor

/// Operations on vectors that read and save different things, to exercise the evaluator alone.
struct SampleInput: GraphInput {
  static let mnemonic = "input"
  let shape: Shape

  func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape { shape }
  func resultEncoding(_ operands: [Encoding]) -> Encoding? { .real }
  func savedCount(_ operands: [Shape]) -> Int { 0 }
  let pullbackReads = PullbackReads()
  func forward(_ site: ForwardSite) { preconditionFailure("an input is not evaluated") }
  func pullback(_ site: PullbackSite) { preconditionFailure("an input has no operands") }
}

struct SampleConstant: GraphConstant {
  static let mnemonic = "constant"
  let value: Tensor

  func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape { value.shape }
  func resultEncoding(_ operands: [Encoding]) -> Encoding? { .real }
  func savedCount(_ operands: [Shape]) -> Int { 0 }
  let pullbackReads = PullbackReads()
  func forward(_ site: ForwardSite) { preconditionFailure("a constant is not evaluated") }
  func pullback(_ site: PullbackSite) { preconditionFailure("a constant has no operands") }
}

/// x + y; reads nothing back.
struct SampleSum: Operation {
  static let mnemonic = "sum"

  func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape { operands[0] }
  func resultEncoding(_ operands: [Encoding]) -> Encoding? { nil }
  func savedCount(_ operands: [Shape]) -> Int { 0 }
  let pullbackReads = PullbackReads()

  func forward(_ site: ForwardSite) {
    site.result.write { site.operands[0][$0] + site.operands[1][$0] }
  }

  func pullback(_ site: PullbackSite) {
    for slot in site.gradients { slot?.write { site.cotangent[$0] } }
  }
}

/// x · y; reads both operands back.
struct SampleProduct: Operation {
  static let mnemonic = "product"

  func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape { operands[0] }
  func resultEncoding(_ operands: [Encoding]) -> Encoding? { nil }
  func savedCount(_ operands: [Shape]) -> Int { 0 }
  let pullbackReads = PullbackReads(byGradient: [[1], [0]])

  func forward(_ site: ForwardSite) {
    site.result.write { site.operands[0][$0] * site.operands[1][$0] }
  }

  func pullback(_ site: PullbackSite) {
    site.gradients[0]?.write { site.cotangent[$0] * site.operands[1][$0] }
    site.gradients[1]?.write { site.cotangent[$0] * site.operands[0][$0] }
  }
}

/// 1 / (1 + x²); reads its result and the operand back.
struct SampleBell: Operation {
  static let mnemonic = "bell"

  func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape { operands[0] }
  func resultEncoding(_ operands: [Encoding]) -> Encoding? { nil }
  func savedCount(_ operands: [Shape]) -> Int { 0 }
  let pullbackReads = PullbackReads(operands: [0], result: true)

  func forward(_ site: ForwardSite) {
    site.result.write { 1 / (1 + site.operands[0][$0] * site.operands[0][$0]) }
  }

  func pullback(_ site: PullbackSite) {
    site.gradients[0]?.write {
      -2 * site.cotangent[$0] * site.operands[0][$0] * site.result[$0] * site.result[$0]
    }
  }
}

/// x² with 2x saved for the way back.
struct SampleSquare: Operation {
  static let mnemonic = "square"

  func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape { operands[0] }
  func resultEncoding(_ operands: [Encoding]) -> Encoding? { nil }
  func savedCount(_ operands: [Shape]) -> Int { operands[0].elementCount }
  let pullbackReads = PullbackReads()

  func forward(_ site: ForwardSite) {
    site.result.write { site.operands[0][$0] * site.operands[0][$0] }
    site.saved.write { 2 * site.operands[0][$0] }
  }

  func pullback(_ site: PullbackSite) {
    site.gradients[0]?.write { site.cotangent[$0] * site.saved[$0] }
  }
}

/// The nearest multiple of `step`, kept as its integer code where the arithmetic is integer.
struct SampleRounding: Operation {
  static let mnemonic = "rounding"
  let step: Float

  func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape { operands[0] }
  func resultEncoding(_ operands: [Encoding]) -> Encoding? {
    operands == [.real] ? .integer(scales: [step], zeroPoints: [3]) : nil
  }
  func savedCount(_ operands: [Shape]) -> Int { 0 }
  let pullbackReads = PullbackReads()

  func forward(_ site: ForwardSite) {
    let isReal = site.result.encoding == .real
    site.result.write {
      let code = (site.operands[0][$0] / step).rounded(.toNearestOrEven) + 3
      return isReal ? step * (code - 3) : code
    }
  }

  func pullback(_ site: PullbackSite) {
    site.gradients[0]?.write { site.cotangent[$0] }
  }
}

/// The operand, counting how often it is evaluated.
struct SampleProbe: Operation {
  static let mnemonic = "probe"
  final class Count: Sendable {
    let value = Atomic(0)
  }
  let count: Count

  static func == (a: SampleProbe, b: SampleProbe) -> Bool { a.count === b.count }
  func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape { operands[0] }
  func resultEncoding(_ operands: [Encoding]) -> Encoding? { operands[0] }
  func savedCount(_ operands: [Shape]) -> Int { 0 }
  let pullbackReads = PullbackReads()

  func forward(_ site: ForwardSite) {
    count.value.add(1, ordering: .relaxed)
    site.result.copy(from: site.operands[0])
  }

  func pullback(_ site: PullbackSite) {
    site.gradients[0]?.write { site.cotangent[$0] }
  }
}

extension MutableTensorView {
  func write(_ element: (Int) -> Float) {
    for i in 0..<shape.elementCount { self[i] = element(i) }
  }
}

extension GradientSlot {
  func write(_ element: (Int) -> Float) {
    view.write { accumulates ? view[$0] + element($0) : element($0) }
  }
}
