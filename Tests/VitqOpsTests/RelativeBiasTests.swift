import Testing
import VitqOps
import VitqTensor
import VitqTestSupport

struct RelativeBiasTests {
  /// A table of 2 heads for windows of `height` × `width` tokens.
  private func table(_ height: Int, _ width: Int, seed: UInt64 = 3) -> Tensor {
    var generator = SplitMix64(seed: seed)
    let shape: Shape = [2, 2 * height - 1, 2 * width - 1]
    return Tensor(shape, generator.floats(shape.elementCount))
  }

  /// The bias as timm gathers it: from the offset between query and key.
  private func bias(_ table: Tensor, _ height: Int, _ width: Int) -> Tensor {
    let tokens = height * width
    let elements = (0..<2 * tokens * tokens).map { place in
      let (head, query, key) = (
        place / (tokens * tokens), place / tokens % tokens, place % tokens
      )
      let down = key / width - query / width + height - 1
      let across = key % width - query % width + width - 1
      return table.elements[(head * (2 * height - 1) + down) * (2 * width - 1) + across]
    }
    return Tensor([2, tokens, tokens], elements)
  }

  @Test(arguments: [(4, 4), (2, 4), (3, 1), (1, 1)])
  func aBiasIsItsTable(_ height: Int, _ width: Int) throws {
    let table = table(height, width)
    let bias = bias(table, height, width)
    let relative = try #require(RelativeBias(bias))
    #expect(relative.bias(ofTable: relative.table) == bias)
    guard relative.height == height else { return }
    #expect(relative.table == table)
    #expect(relative.bias(ofTable: table) == bias)
  }

  @Test func anyOtherBiasHasNone() {
    var generator = SplitMix64(seed: 5)
    #expect(RelativeBias(Tensor([1, 4, 4], generator.floats(16))) == nil)
    #expect(RelativeBias(Tensor([1, 4, 2], generator.floats(8))) == nil)
  }

  /// ⟨bias(t), g⟩ = ⟨t, gradient(g)⟩ for all t and g.
  @Test func theGradientIsTheAdjoint() throws {
    let relative = try #require(RelativeBias(bias(table(3, 3), 3, 3)))
    let other = table(3, 3, seed: 8)
    var generator = SplitMix64(seed: 9)
    let cotangent = Tensor([2, 9, 9], generator.floats(162))
    func product(_ a: Tensor, _ b: Tensor) -> Double {
      zip(a.elements, b.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let expected = product(relative.bias(ofTable: other), cotangent)
    let found = product(other, relative.tableGradient(ofBias: cotangent))
    #expect(abs(found - expected) < 1e-4)
  }
}
