import Testing
import VitqTensor
import VitqTestSupport

struct MatrixMultiplyTests {
  private func tensor(_ shape: Shape, seed: UInt64) -> Tensor {
    var generator = SplitMix64(seed: seed)
    return Tensor(shape, generator.floats(shape.elementCount))
  }

  @Test(arguments: [false, true], [false, true])
  func multipliesEachMatrixOfAStack(_ transposesA: Bool, _ transposesB: Bool) {
    let (m, k, n) = (3, 5, 4)
    let a = tensor(transposesA ? [2, k, m] : [2, m, k], seed: 1)
    let b = tensor(transposesB ? [2, n, k] : [2, k, n], seed: 2)
    var c = Tensor([2, m, n], Array(repeating: 1, count: 2 * m * n))
    c.withMutableView { c in
      a.withView { a in
        b.withView { b in
          MatrixMultiply.multiply(
            transposesA ? a.matrix(1).transposed : a.matrix(1),
            transposesB ? b.matrix(1).transposed : b.matrix(1), scale: 2, into: c.matrix(1),
            accumulates: true)
        }
      }
    }
    var expected: [Float] = []
    for i in 0..<m {
      for j in 0..<n {
        expected.append(
          (0..<k).reduce(1) { sum, l in
            let left = a.elements[m * k + (transposesA ? l * m + i : i * k + l)]
            let right = b.elements[k * n + (transposesB ? j * k + l : l * n + j)]
            return sum + 2 * left * right
          })
      }
    }
    #expect(c.elements.prefix(m * n).allSatisfy { $0 == 1 })
    #expect(Tolerance.rounding.accepts(Array(c.elements.suffix(m * n)), expected))
  }

  /// 600 products of 255 · 255 pass 2²⁴, where FP32 sums would lose odd numbers.
  @Test func productsOfCodesAreExactBeyondThePrecisionOfFloat() {
    let depth = 600
    var generator = SplitMix64(seed: 3)
    let a = (0..<depth).map { _ in Int.random(in: 250...255, using: &generator) }
    let b = (0..<depth).map { _ in Int.random(in: 250...255, using: &generator) }
    var c = Tensor(zeros: [1, 1])
    c.withMutableView { c in
      Tensor([1, depth], a.map(Float.init)).withView { a in
        Tensor([1, depth], b.map(Float.init)).withView { b in
          MatrixMultiply.multiplyCodes(
            a, zeroPoint: 1, b, zeroPoints: [2], transposesRight: true, into: c)
        }
      }
    }
    #expect(c.elements[0] == Float(zip(a, b).reduce(0) { $0 + ($1.0 - 1) * ($1.1 - 2) }))
  }

  @Test func namesTheKernelsOfTheLibrary() {
    BLAS.configure()
    #expect(!BLAS.coreName.isEmpty)
    #expect(BLAS.configuration.contains("OpenBLAS"))
  }
}
