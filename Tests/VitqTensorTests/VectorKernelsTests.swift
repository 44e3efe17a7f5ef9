import Testing
import VitqTensor
import VitqTestSupport

struct VectorKernelsTests {
  /// Widths on both sides of one, two and four vectors, and the tokens of a 224 × 224 image.
  static let widths = [1, 7, 15, 16, 17, 31, 33, 64, 197]

  private static let guardCount = 16

  /// The bits of the result and of guards around it, which starts as 0.25.
  private func bits(_ kernels: VectorKernels, _ kernel: KernelCase, width: Int) -> [UInt32] {
    let shape = kernel.result(width)
    var memory = Tensor(
      [shape.elementCount + 2 * Self.guardCount],
      Array(repeating: 0.25, count: shape.elementCount + 2 * Self.guardCount))
    memory.withMutableView { memory in
      let result = MutableTensorView(shape, memory.pointer + Self.guardCount)
      KernelOperands.with(width: width) { kernel.run(kernels, $0, result) }
    }
    return memory.elements.map(\.bitPattern)
  }

  @Test(arguments: KernelCase.all, widths)
  func everyInstructionSetGivesTheSameBits(_ kernel: KernelCase, _ width: Int) {
    let expected = bits(VectorKernels.available[0], kernel, width: width)
    let guards = expected.prefix(Self.guardCount) + expected.suffix(Self.guardCount)
    #expect(guards.allSatisfy { $0 == Float(0.25).bitPattern })
    for kernels in VectorKernels.available.dropFirst() {
      #expect(bits(kernels, kernel, width: width) == expected, "\(kernels.instructionSet)")
    }
  }

  @Test func runsTheInstructionSetOfTheEnvironment() {
    let names = VectorKernels.available.map(\.instructionSet)
    #expect(names.first == "scalar")
    #expect(names.contains(VectorKernels.current.instructionSet))
  }

  @Test func refusesAnInstructionSetItDoesNotKnow() throws {
    #expect(throws: InstructionSetError.self) { try VectorKernels.check(requested: "avx3") }
    for kernels in VectorKernels.available {
      try VectorKernels.check(requested: kernels.instructionSet)
    }
    try VectorKernels.check(requested: "")
    #expect(
      "\(InstructionSetError.unknown("avx3", supported: ["scalar", "avx2"]))"
        == "VITQ_ISA: no such instruction set: expected one of scalar, avx2, found 'avx3'")
  }

  /// Two hand-worked steps: with a constant gradient the moments cancel and x moves by the rate.
  @Test func adamMovesByItsRateAlongAConstantGradient() {
    var x = Tensor([3], [1, 2, 3])
    var (first, second) = (Tensor(zeros: [3]), Tensor(zeros: [3]))
    let gradient = Tensor([3], [5, -0.1, 40])
    for step in 1...2 {
      x.withMutableView { x in
        first.withMutableView { first in
          second.withMutableView { second in
            gradient.withView {
              VectorKernels.current.adam(
                AdamRates(rate: 0.25), step: step, gradient: $0, firstMoment: first,
                secondMoment: second, parameters: x)
            }
          }
        }
      }
    }
    #expect(Tolerance.rounding.accepts(x.elements, [0.5, 2.5, 2.5]))
  }

  @Test func sumsLongArraysInDoublePrecision() {
    var generator = SplitMix64(seed: 5)
    let values = Tensor([100_001], generator.floats(100_001).map { $0 + 1 })
    let expected = values.elements.reduce(0.0) { $0 + Double($1) }
    let squares = values.elements.reduce(0.0) { $0 + Double($1) * Double($1) }
    values.withView { view in
      #expect(abs(VectorKernels.current.sum(view) - expected) < 1e-9 * expected)
      #expect(abs(VectorKernels.current.dot(view, view) - squares) < 1e-9 * squares)
    }
  }
}
