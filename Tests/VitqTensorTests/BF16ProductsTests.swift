import Testing
import VitqTensor
import VitqTestSupport

/// Products of rounded operands, against sums in double precision.
struct BF16ProductsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let rows, depth, columns: Int
    var testDescription: String { "\(rows) × \(depth) × \(columns)" }
  }

  /// Around the sizes of blocks: 12 rows, 32 columns, 16 pairs.
  static let cases = [
    Case(rows: 1, depth: 1, columns: 1), Case(rows: 3, depth: 2, columns: 16),
    Case(rows: 12, depth: 31, columns: 32), Case(rows: 13, depth: 32, columns: 33),
    Case(rows: 17, depth: 33, columns: 48), Case(rows: 25, depth: 128, columns: 65),
    Case(rows: 197, depth: 197, columns: 64),
  ]

  /// What multiplies: the CPU, if it can, and the library on rounded copies.
  static let processors = BF16Products.isNative ? [false, true] : [false]

  /// The nearer of the two BF16 numbers around `x`; of two as near the one with an even last bit.
  private static func rounded(_ x: Float) -> Double {
    let low = Float(bitPattern: x.bitPattern & 0xFFFF_0000)
    let high = Float(bitPattern: low.bitPattern &+ 0x1_0000)
    let (below, above) = (abs(Double(x) - Double(low)), abs(Double(high) - Double(x)))
    guard below != above else { return Double(low.bitPattern & 0x1_0000 == 0 ? low : high) }
    return Double(below < above ? low : high)
  }

  @Test(arguments: cases, processors)
  func multipliesRoundedOperands(_ item: Case, _ usesProcessor: Bool) {
    let (m, k, n) = (item.rows, item.depth, item.columns)
    let products = BF16Products(usesProcessor: usesProcessor)
    var generator = SplitMix64(seed: 8)
    for (transposesA, transposesB) in [(false, false), (false, true), (true, false), (true, true)] {
      var (left, right) = (generator.floats(m * k), generator.floats(k * n))
      // Half-way between two BF16 numbers, on either side of an even one.
      left[0] = Float(bitPattern: 0x3F80_8000)
      right[0] = Float(bitPattern: 0x3F81_8000)
      let a = Tensor(transposesA ? [k, m] : [m, k], left)
      let b = Tensor(transposesB ? [n, k] : [k, n], right)
      let before = generator.floats(m * n)
      var c = Tensor([m, n], before)
      c.withMutableView { c in
        a.withView { a in
          b.withView { b in
            MatrixMultiply.multiply(
              transposesA ? a.matrix().transposed : a.matrix(),
              transposesB ? b.matrix().transposed : b.matrix(), scale: 0.5, into: c.matrix(),
              accumulates: true, bf16: products)
          }
        }
      }
      let (x, y) = (left.map(Self.rounded), right.map(Self.rounded))
      let expected = (0..<(m * n)).map { index in
        let (i, j) = (index / n, index % n)
        let sum = (0..<k).reduce(0.0) { sum, l in
          sum + x[transposesA ? l * m + i : i * k + l] * y[transposesB ? j * k + l : l * n + j]
        }
        return Float(Double(before[index]) + 0.5 * sum)
      }
      #expect(Tolerance.rounding.accepts(Array(c.elements), expected))
    }
  }

  /// A right operand that is packed once gives the bits of one that is packed each time, in both
  /// directions; one outside the panels' memory is packed each time.
  @Test(arguments: cases, processors)
  func panelsChangeNoBit(_ item: Case, _ usesProcessor: Bool) {
    let (m, k, n) = (item.rows, item.depth, item.columns)
    var generator = SplitMix64(seed: 9)
    let (inside, outside) = (generator.floats(k * n), generator.floats(k * n))
    Tensor([k, n], inside).withView { memory in
      let panels = BF16Panels(of: memory)
      let plain = BF16Products(usesProcessor: usesProcessor)
      let packed = BF16Products(panels: panels, usesProcessor: usesProcessor)
      let other = Tensor([k, n], outside)
      for _ in 0..<2 {
        other.withView { other in
          for b in [memory.matrix(), memory.matrix().transposed, other.matrix()] {
            let a = Tensor([m, b.rows], generator.floats(m * b.rows))
            var (expected, found) = (Tensor(zeros: [m, b.columns]), Tensor(zeros: [m, b.columns]))
            a.withView { a in
              expected.withMutableView {
                MatrixMultiply.multiply(a.matrix(), b, scale: 0.5, into: $0.matrix(), bf16: plain)
              }
              found.withMutableView {
                MatrixMultiply.multiply(a.matrix(), b, scale: 0.5, into: $0.matrix(), bf16: packed)
              }
            }
            #expect(found == expected)
          }
        }
      }
    }
  }

  /// An infinity, and what is no number, show in every sum that they are part of, and in no other.
  @Test(arguments: [Float.infinity, -.infinity, .nan], processors)
  func whatIsNotFiniteShows(_ value: Float, _ usesProcessor: Bool) {
    var a = Tensor([2, 40], Array(repeating: 1, count: 80))
    a.withMutableView { $0[7] = value }
    var c = Tensor(zeros: [2, 3])
    c.withMutableView { c in
      a.withView { a in
        Tensor([40, 3], Array(repeating: 1, count: 120)).withView { b in
          MatrixMultiply.multiply(
            a.matrix(), b.matrix(), into: c.matrix(),
            bf16: BF16Products(usesProcessor: usesProcessor))
        }
      }
    }
    #expect(c.elements.prefix(3).allSatisfy { value.isNaN ? $0.isNaN : $0 == value })
    #expect(c.elements.suffix(3).allSatisfy { $0 == 40 })
  }
}
